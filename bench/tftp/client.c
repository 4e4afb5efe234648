/* A TFTP load generator: many clients at a time, each reading the same file again and again, one socket per transfer.
 *
 *   client ADDRESS PORT NAME EXPECTED-FILE CLIENTS TRANSFERS BLKSIZE WINDOWSIZE
 *
 * Every client has a source address of its own (127.1.x.y), as phones have. Options are asked for only where they differ
 * from RFC 1350's (512, 1). An answer that does not come within a second is asked for again, eight times at most. Every
 * octet is compared with the expected file. One line of JSON on standard output.
 */
#define _GNU_SOURCE
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <netinet/in.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/mman.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <unistd.h>

enum { RRQ = 1, DATA = 3, ACK = 4, ERROR = 5, OACK = 6, TRIES = 8 };

struct transfer {
    int fd;
    int tries;
    int heard;                    /* the server's port is known */
    double begun, deadline;
    struct sockaddr_in server;
    size_t received;              /* octets, all of them right */
    uint32_t block;               /* last block received in order, counted without end */
    int in_window;                /* blocks since our last ACK */
    int gap_told;                 /* a gap was reported and not filled yet */
    size_t blksize;
    int windowsize;
    unsigned char last[512];      /* what we sent last */
    size_t last_size;
};

static struct sockaddr_in listener;
static const char *name;
static const unsigned char *expected;
static size_t expected_size;
static int wanted_blksize, wanted_windowsize;
static long to_start, finished, failed, retransmits, wrong;
static char last_error[256];
static double *latencies;
static long latency_count;
static int poller;

static double now(void) {
    struct timespec t;
    clock_gettime(CLOCK_MONOTONIC, &t);
    return t.tv_sec + t.tv_nsec / 1e9;
}

static void die(const char *what) {
    perror(what);
    exit(2);
}

static void transmit(struct transfer *t, double at) {
    const struct sockaddr_in *to = t->heard ? &t->server : &listener;
    if (sendto(t->fd, t->last, t->last_size, 0, (const struct sockaddr *)to, sizeof *to) < 0 && errno != EAGAIN &&
        errno != ECONNREFUSED)
        die("sendto");
    t->deadline = at + 1.0;
}

static void acknowledge(struct transfer *t, double at) {
    t->last[0] = 0;
    t->last[1] = ACK;
    t->last[2] = t->block >> 8;
    t->last[3] = t->block;
    t->last_size = 4;
    t->in_window = 0;
    t->tries = 0;
    transmit(t, at);
}

static void start(struct transfer *t, int index) {
    struct sockaddr_in own = {.sin_family = AF_INET};
    int buffer = 4 << 20;
    struct epoll_event event = {.events = EPOLLIN, .data.u32 = index};

    memset(t, 0, sizeof *t);
    t->fd = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK, 0);
    if (t->fd < 0) die("socket");
    setsockopt(t->fd, SOL_SOCKET, SO_RCVBUF, &buffer, sizeof buffer);
    own.sin_addr.s_addr = htonl(0x7f010000u + 1 + index);
    if (bind(t->fd, (struct sockaddr *)&own, sizeof own)) die("bind");
    if (epoll_ctl(poller, EPOLL_CTL_ADD, t->fd, &event)) die("epoll_ctl");
    t->blksize = 512;
    t->windowsize = 1;
    char *p = (char *)t->last;
    *p++ = 0;
    *p++ = RRQ;
    p += sprintf(p, "%s", name) + 1;
    p += sprintf(p, "octet") + 1;
    if (wanted_blksize != 512) {
        p += sprintf(p, "blksize") + 1;
        p += sprintf(p, "%d", wanted_blksize) + 1;
    }
    if (wanted_windowsize != 1) {
        p += sprintf(p, "windowsize") + 1;
        p += sprintf(p, "%d", wanted_windowsize) + 1;
    }
    t->last_size = p - (char *)t->last;
    t->begun = now();
    transmit(t, t->begun);
}

static void end(struct transfer *t, int index, int good, double at) {
    close(t->fd);
    t->fd = -1;
    finished++;
    if (good)
        latencies[latency_count++] = at - t->begun;
    else
        failed++;
    if (to_start > 0) {
        to_start--;
        start(t, index);
    }
}

static void read_options(struct transfer *t, const char *p, const char *stop) {
    while (p < stop) {
        const char *value = p + strlen(p) + 1;
        if (value >= stop) return;
        if (!strcasecmp(p, "blksize")) t->blksize = atoi(value);
        if (!strcasecmp(p, "windowsize")) t->windowsize = atoi(value);
        p = value + strlen(value) + 1;
    }
}

/* Returns 1 when the transfer is over. */
static int receive(struct transfer *t, int index, double at) {
    static unsigned char packet[65600];
    struct sockaddr_in from;
    socklen_t from_size = sizeof from;
    ssize_t size = recvfrom(t->fd, packet, sizeof packet - 1, 0, (struct sockaddr *)&from, &from_size);

    if (size < 0) return errno == EAGAIN ? -1 : 0;
    if (size < 4) return 0;
    if (!t->heard) {
        t->server = from;
        t->heard = 1;
    } else if (from.sin_port != t->server.sin_port) {
        return 0; /* a second answer to a repeated request */
    }
    packet[size] = 0;
    if (packet[1] == ERROR) {
        snprintf(last_error, sizeof last_error, "error %d", packet[3]);
        end(t, index, 0, at);
        return 1;
    }
    if (packet[1] == OACK) {
        if (t->block == 0) {
            read_options(t, (char *)packet + 2, (char *)packet + size);
            acknowledge(t, at);
        }
        return 0;
    }
    if (packet[1] != DATA) return 0;
    uint16_t block = packet[2] << 8 | packet[3];
    if (block != (uint16_t)(t->block + 1)) {
        /* RFC 7440: what is out of order is answered with the last block in order, once per gap. */
        if (t->windowsize > 1 && !t->gap_told) {
            t->gap_told = 1;
            acknowledge(t, at);
        }
        return 0;
    }
    t->gap_told = 0;
    size_t length = size - 4;
    if (length > t->blksize || t->received + length > expected_size ||
        memcmp(packet + 4, expected + t->received, length)) {
        wrong++;
        snprintf(last_error, sizeof last_error, "wrong content after %zu octets", t->received);
        end(t, index, 0, at);
        return 1;
    }
    t->received += length;
    t->block++;
    t->in_window++;
    int last = length < t->blksize;
    if (last || t->in_window >= t->windowsize)
        acknowledge(t, at);
    if (last) {
        if (t->received != expected_size) {
            wrong++;
            snprintf(last_error, sizeof last_error, "ended after %zu octets", t->received);
        }
        end(t, index, t->received == expected_size, at);
        return 1;
    }
    return 0;
}

static int compare(const void *a, const void *b) {
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static double percentile(double share) {
    if (!latency_count) return 0;
    long index = (long)(share * latency_count);
    return latencies[index < latency_count ? index : latency_count - 1];
}

int main(int count, char **arguments) {
    if (count != 9) {
        fprintf(stderr, "usage: client ADDRESS PORT NAME EXPECTED-FILE CLIENTS TRANSFERS BLKSIZE WINDOWSIZE\n");
        return 2;
    }
    listener.sin_family = AF_INET;
    inet_pton(AF_INET, arguments[1], &listener.sin_addr);
    listener.sin_port = htons(atoi(arguments[2]));
    name = arguments[3];
    int file = open(arguments[4], O_RDONLY);
    struct stat status;
    if (file < 0 || fstat(file, &status)) die(arguments[4]);
    expected_size = status.st_size;
    expected = mmap(NULL, expected_size, PROT_READ, MAP_PRIVATE | MAP_POPULATE, file, 0);
    if (expected == MAP_FAILED) die("mmap");
    int clients = atoi(arguments[5]);
    long total = atol(arguments[6]);
    wanted_blksize = atoi(arguments[7]);
    wanted_windowsize = atoi(arguments[8]);
    if (clients > total) clients = total;
    struct transfer *transfers = calloc(clients, sizeof *transfers);
    latencies = calloc(total, sizeof *latencies);
    poller = epoll_create1(0);
    to_start = total - clients;
    double begun = now(), checked = begun;
    for (int i = 0; i < clients; i++) start(&transfers[i], i);
    while (finished < total) {
        struct epoll_event events[512];
        int ready = epoll_wait(poller, events, 512, 100);
        double at = now();
        for (int i = 0; i < ready; i++) {
            int index = events[i].data.u32;
            /* With windows more is likely to wait; in lock-step it cannot. */
            for (int more = transfers[index].windowsize; more > 0; more--)
                if (receive(&transfers[index], index, at)) break;
        }
        if (at - checked < 0.05) continue;
        checked = at;
        for (int i = 0; i < clients; i++) {
            struct transfer *t = &transfers[i];
            if (t->fd < 0 || at < t->deadline) continue;
            if (++t->tries > TRIES) {
                snprintf(last_error, sizeof last_error, "no answer");
                end(t, i, 0, at);
            } else {
                retransmits++;
                transmit(t, at);
            }
        }
    }
    double seconds = now() - begun;
    qsort(latencies, latency_count, sizeof *latencies, compare);
    printf("{\"seconds\": %.6f, \"good\": %ld, \"failed\": %ld, \"wrong\": %ld, \"retransmits\": %ld, \"p50\": %.6f, "
           "\"p99\": %.6f, \"octets\": %.0f, \"blksize\": %zu, \"windowsize\": %d, \"error\": \"%s\"}\n",
           seconds, latency_count, failed, wrong, retransmits, percentile(0.5), percentile(0.99),
           (double)latency_count * expected_size, transfers[0].blksize, transfers[0].windowsize, last_error);
    return 0;
}
