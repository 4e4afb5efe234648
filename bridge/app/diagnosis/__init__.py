"""Why a phone is stuck: journeys, and what is known of this site and this server."""
