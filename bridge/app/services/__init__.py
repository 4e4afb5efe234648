"""The services on phones' screens: pages, words, directories."""
