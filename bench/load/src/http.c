#define _GNU_SOURCE
#include "http.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { MAX_HEAD = 1 << 14, READ_SIZE = 1 << 18, SKIP_SIZE = 1 << 20 };

void http_init(struct http *h, int epoll_fd, const struct target *target, void *owner) {
  memset(h, 0, sizeof *h);
  h->fd = -1;
  h->epoll_fd = epoll_fd;
  h->target = target;
  h->owner = owner;
}

void http_close(struct http *h) {
  if (h->fd >= 0) {
    struct linger reset = {1, 0};
    setsockopt(h->fd, SOL_SOCKET, SO_LINGER, &reset, sizeof reset);
    close(h->fd);
  }
  h->fd = -1;
  bytes_free(&h->out);
  bytes_free(&h->in);
}

static enum http_result failed(struct http *h, const char *error) {
  http_close(h);
  h->waiting = 0;
  h->error = error;
  return HTTP_FAILED;
}

static void arm(struct http *h, int op) {
  int want = h->connecting || bytes_len(&h->out) > 0;
  if (op == EPOLL_CTL_MOD && want == h->armed_write) return;
  struct epoll_event ev = {.events = EPOLLIN | (want ? EPOLLOUT : 0), .data.ptr = h};
  h->armed_write = want;
  if (epoll_ctl(h->epoll_fd, op, h->fd, &ev)) die("epoll_ctl: %s", strerror(errno));
}

static void connect_now(struct http *h) {
  struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons((uint16_t)h->target->port)};
  int one = 1;
  h->fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
  if (h->fd < 0) die("socket: %s", strerror(errno));
  if (inet_pton(AF_INET, h->target->host, &address.sin_addr) != 1) die("bad address %s", h->target->host);
  setsockopt(h->fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof one);
  h->connecting = 1;
  h->fresh = 1;
  if (connect(h->fd, (struct sockaddr *)&address, sizeof address) && errno != EINPROGRESS) die("connect: %s", strerror(errno));
}

static void flush(struct http *h) {
  while (!h->connecting && bytes_len(&h->out)) {
    ssize_t n = send(h->fd, h->out.data + h->out.start, bytes_len(&h->out), MSG_NOSIGNAL);
    if (n < 0) break;   /* a lost connection is seen when it is read */
    bytes_consume(&h->out, (size_t)n);
  }
}

static void ask(struct http *h) {
  char request[900];
  int n = snprintf(request, sizeof request,
                   "GET %s HTTP/1.1\r\nHost: %s:%d\r\nAccept: */*\r\nUser-Agent: rtmpload\r\n\r\n",
                   h->path, h->target->host, h->target->port);
  int op = h->fd < 0 ? EPOLL_CTL_ADD : EPOLL_CTL_MOD;
  if (h->fd < 0) connect_now(h);
  bytes_free(&h->in);
  h->has_head = 0;
  h->closes = 0;
  h->got = h->length = 0;
  h->location[0] = 0;
  bytes_append(&h->out, request, (size_t)n);
  flush(h);
  arm(h, op);
}

void http_get(struct http *h, const char *path, int keep_body) {
  snprintf(h->path, sizeof h->path, "%s", path);
  h->keep_body = keep_body;
  h->waiting = 1;
  h->retried = 0;
  h->error = NULL;
  h->asked_at = now_ns();
  h->requests++;
  ask(h);
}

/* Of the head's lines; the head ends with a zero byte. */
static int parse_head(struct http *h, char *head) {
  int has_length = 0;
  if (strncmp(head, "HTTP/1.", 7)) return -1;
  h->status = atoi(head + 9);
  for (char *line = head; (line = strstr(line, "\r\n")) != NULL;) {
    line += 2;
    if (!strncasecmp(line, "content-length:", 15)) {
      h->length = strtoull(line + 15, NULL, 10);
      has_length = 1;
    } else if (!strncasecmp(line, "connection:", 11)) {
      h->closes = !strncasecmp(line + 11 + strspn(line + 11, " "), "close", 5);
    } else if (!strncasecmp(line, "location:", 9)) {
      const char *value = line + 9 + strspn(line + 9, " ");
      snprintf(h->location, sizeof h->location, "%.*s", (int)strcspn(value, "\r"), value);
    }
  }
  return has_length || h->status == 204 || h->status == 304 ? 0 : -1;
}

static enum http_result finish(struct http *h) {
  h->waiting = 0;
  h->fresh = 0;
  if (h->closes && h->fd >= 0) {
    close(h->fd);
    h->fd = -1;
  }
  return HTTP_DONE;
}

static enum http_result take(struct http *h, const uint8_t *data, size_t n) {
  if (!h->has_head) {
    bytes_append(&h->in, data, n);
    char *start = (char *)h->in.data + h->in.start;
    char *end = memmem(start, bytes_len(&h->in), "\r\n\r\n", 4);
    if (!end) return bytes_len(&h->in) > MAX_HEAD ? failed(h, "the head of an answer is too long") : HTTP_MORE;
    end[2] = 0;
    if (parse_head(h, start)) return failed(h, "an answer has no status or no length");
    h->has_head = 1;
    bytes_consume(&h->in, (size_t)(end + 4 - start));
    h->got = bytes_len(&h->in);
    if (!h->keep_body) bytes_consume(&h->in, h->got);
  } else {
    if (h->keep_body) bytes_append(&h->in, data, n);
    h->got += n;
  }
  if (h->got > h->length) return failed(h, "more came than was announced");
  return h->got == h->length ? finish(h) : HTTP_MORE;
}

/* Browsers ask again where a connection that was kept turns out to be closed. */
static enum http_result lost(struct http *h, const char *error) {
  if (!h->waiting) {
    http_close(h);
    return HTTP_MORE;
  }
  if (h->fresh || h->retried || h->has_head || bytes_len(&h->in)) return failed(h, error);
  http_close(h);
  h->retried = 1;
  ask(h);
  return HTTP_MORE;
}

enum http_result http_event(struct http *h, uint32_t events) {
  static uint8_t buffer[READ_SIZE];
  if (h->fd < 0) return HTTP_MORE;
  if (events & (EPOLLOUT | EPOLLERR) && h->connecting) {
    int error = 0;
    socklen_t size = sizeof error;
    getsockopt(h->fd, SOL_SOCKET, SO_ERROR, &error, &size);
    if (error) return failed(h, strerror(error));
    h->connecting = 0;
  }
  if (events & EPOLLOUT) {
    flush(h);
    arm(h, EPOLL_CTL_MOD);
  }
  if (!(events & (EPOLLIN | EPOLLERR | EPOLLHUP))) return HTTP_MORE;
  for (;;) {
    int skips = h->has_head && !h->keep_body && h->waiting;
    uint64_t left = h->length - h->got;
    size_t size = skips ? (left < SKIP_SIZE ? left : SKIP_SIZE) : sizeof buffer;
    ssize_t n = recv(h->fd, buffer, size, skips ? MSG_TRUNC : 0);
    if (n < 0 && (errno == EAGAIN || errno == EINTR)) return HTTP_MORE;
    if (n < 0) return lost(h, strerror(errno));
    if (n == 0) return lost(h, "the server closed the connection");
    h->bytes_in += (uint64_t)n;
    if (!h->waiting) return failed(h, "something came that was not asked for");
    enum http_result result = take(h, buffer, (size_t)n);
    if (result != HTTP_MORE) return result;
  }
}
