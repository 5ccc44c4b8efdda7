/* One keep-alive HTTP/1.1 connection that sends a GET at a time. Non-blocking;
 * the owner waits for readiness. Bodies must come with their length. */
#ifndef MR_HTTP_H
#define MR_HTTP_H

#include "session.h"

enum http_result {
  HTTP_MORE,     /* nothing to do yet */
  HTTP_DONE,     /* the answer is there: status, body, location */
  HTTP_FAILED    /* error says why; the next http_get connects anew */
};

struct http {
  int fd;                     /* -1: not connected */
  const struct target *target;
  int epoll_fd;
  void *owner;                /* for whoever waits on epoll_fd, whose events carry this struct */
  int connecting, armed_write, waiting, has_head, retried, fresh, closes;
  struct bytes out, in;       /* in: the head, then the body when it is kept */
  char path[512];
  int status, keep_body;
  uint64_t length, got;
  char location[512];
  uint64_t asked_at, bytes_in, requests;
  const char *error;
};

void http_init(struct http *h, int epoll_fd, const struct target *target, void *owner);
/* Asks; with keep_body the whole body is at bytes_at(&h->in) at the end, otherwise it is thrown away as it comes. */
void http_get(struct http *h, const char *path, int keep_body);
enum http_result http_event(struct http *h, uint32_t events);
void http_close(struct http *h);

#endif
