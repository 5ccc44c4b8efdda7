#define _GNU_SOURCE
#include "churn.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "live.h"
#include "report.h"

struct result {
  int done, failed;
  uint64_t bytes;
  struct samples start_us, media_us, key_us;
  const char *error;
};

struct visitor {
  struct session session;
  int armed_write;
  uint64_t first_media_at, first_key_at;
};

struct churn {
  const struct options *o;
  struct result *r;
  int epoll_fd, opened;
};

static void on_media(void *context, const struct chunk_stream *m) {
  struct visitor *v = context;
  if (!v->first_media_at) v->first_media_at = now_ns();
  if (m->type == MSG_VIDEO && !v->first_key_at && m->head_len > 1 && m->head[0] == 0x17 && m->head[1] == 1)
    v->first_key_at = now_ns();
}

static void arm(struct churn *c, struct visitor *v, int op) {
  int want = session_wants_write(&v->session);
  if (op == EPOLL_CTL_MOD && want == v->armed_write) return;
  struct epoll_event ev = {.events = EPOLLIN | (want ? EPOLLOUT : 0), .data.ptr = v};
  v->armed_write = want;
  if (epoll_ctl(c->epoll_fd, op, v->session.fd, &ev)) die("epoll_ctl: %s", strerror(errno));
}

static void open_next(struct churn *c, struct visitor *v) {
  while (c->opened < c->o->total) {
    c->opened++;
    v->first_media_at = v->first_key_at = 0;
    if (!session_open(&v->session, ROLE_PLAY, &c->o->target, c->o->stream, on_media, v)) {
      arm(c, v, EPOLL_CTL_ADD);
      return;
    }
    c->r->failed++;
    c->r->error = v->session.error;
  }
}

static void finish(struct churn *c, struct visitor *v) {
  struct session *s = &v->session;
  c->r->bytes += s->bytes_in;
  if (s->phase == PHASE_CLOSED) {
    c->r->failed++;
    c->r->error = s->error;
  } else {
    c->r->done++;
    samples_add(&c->r->start_us, (s->started_at - s->opened_at) / 1000);
    if (v->first_media_at) samples_add(&c->r->media_us, (v->first_media_at - s->opened_at) / 1000);
    if (v->first_key_at) samples_add(&c->r->key_us, (v->first_key_at - s->opened_at) / 1000);
    session_close(s, NULL, 1);
  }
  chunk_reader_free(&s->reader);
  bytes_free(&s->out);
  open_next(c, v);
}

static void on_event(struct churn *c, struct visitor *v, uint32_t events) {
  static uint8_t buffer[1 << 18];
  struct session *s = &v->session;
  if (events & EPOLLOUT) session_writable(s);
  if (s->phase != PHASE_CLOSED && events & (EPOLLIN | EPOLLERR | EPOLLHUP)) {
    ssize_t n = recv(s->fd, buffer, sizeof buffer, 0);
    if (n > 0) session_feed(s, buffer, (size_t)n);
    else if (n == 0) session_close(s, "the server closed the connection", 0);
    else if (errno != EAGAIN && errno != EINTR) session_close(s, strerror(errno), 0);
  }
  int enough = s->phase == PHASE_LIVE && (!c->o->until_key || v->first_key_at);
  if (s->phase == PHASE_CLOSED || enough) finish(c, v);
  else arm(c, v, EPOLL_CTL_MOD);
}

static double visit(const struct options *o, struct result *r) {
  struct churn c = {.o = o, .r = r, .epoll_fd = epoll_create1(EPOLL_CLOEXEC)};
  struct visitor *all = xcalloc((size_t)o->concurrency, sizeof *all);
  struct epoll_event events[256];
  uint64_t begin = now_ns(), deadline = begin + (uint64_t)(o->timeout_s * 1e9);
  for (int i = 0; i < o->concurrency; i++) open_next(&c, &all[i]);
  while (r->done + r->failed < o->total && now_ns() < deadline) {
    int n = epoll_wait(c.epoll_fd, events, 256, 100);
    for (int i = 0; i < n; i++) on_event(&c, events[i].data.ptr, events[i].events);
  }
  double wall_s = (double)(now_ns() - begin) / 1e9;
  for (int i = 0; i < o->concurrency; i++)
    if (all[i].session.fd > 0) session_close(&all[i].session, NULL, 1);
  free(all);
  return wall_s;
}

void run_churn(const struct options *o, const struct flv *flv) {
  struct publishers *pub = o->publishers ? start_publishers(o, flv) : NULL;
  struct result r = {0};
  struct sample a = take_sample(o->pid);
  double visits_s = visit(o, &r), loader_s = take_sample(0).loader_cpu_s - a.loader_cpu_s;
  sleep_until(now_ns() + NS_PER_S / 2); /* the server still has to close what is left */
  struct sample b = take_sample(o->pid);
  /* Of the visits alone: in the half second behind them this program does nothing. */
  b.loader_cpu_s = a.loader_cpu_s + loader_s * (double)(b.at - a.at) / 1e9 / visits_s;
  print_head(o);
  print_window(&a, &b);
  printf(",\"visits_s\":%.3f,\"connections\":%d,\"failed\":%d,\"concurrency\":%d,\"per_s\":%.1f", visits_s, r.done,
         o->total - r.done, o->concurrency, r.done / visits_s);
  printf(",\"cpu_ms_per_connection\":%.4f,\"bytes_delivered\":%llu",
         1e3 * (b.server.run_s - a.server.run_s) / (r.done ? r.done : 1), (unsigned long long)r.bytes);
  print_delays("start", &r.start_us);
  print_delays("media", &r.media_us);
  print_delays("key", &r.key_us);
  print_error(r.error);
  printf("}\n");
  if (pub) publishers_stop(pub);
}
