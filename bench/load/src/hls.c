#define _GNU_SOURCE
#include "hls.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/epoll.h>
#include <time.h>

#include "publisher.h"
#include "stamp.h"

enum { MAX_FAILURES = 5 };

static uint64_t in_seconds(double seconds) { return now_ns() + (uint64_t)(seconds * 1e9); }

static void note_error(struct hls *h, struct hls_track *t, const char *error) {
  if (!t->viewer->is_open) return;   /* the broadcast may not be there yet */
  h->counts.errors++;
  h->error = error;
  if (++t->viewer->failed == MAX_FAILURES) h->failed++;
}

/* ---- playlists ---- */

static void reload(struct hls *h, struct hls_track *t) {
  char path[600];
  t->poll_at = 0;
  if (h->way == HLS_BLOCKING && t->waits)
    snprintf(path, sizeof path, "%s%c_HLS_msn=%ld&_HLS_part=%d&_HLS_skip=YES", t->uri, strchr(t->uri, '?') ? '&' : '?',
             t->wanted_number, t->wanted_part);
  else snprintf(path, sizeof path, "%s", t->uri);
  http_get(&t->playlist, path, 1);
}

static void fetch_next(struct hls_track *t) {
  char path[512];
  if (t->media.waiting || !t->queue_len) return;
  t->fetching = t->queue[t->queue_start];
  t->queue_start = (t->queue_start + 1) % QUEUE;
  t->queue_len--;
  uri_resolve(path, sizeof path, t->uri, t->fetching.uri);
  http_get(&t->media, path, t->viewer->parsed && !t->is_sound && t->fetching.duration_s > 0);
}

static void enqueue(struct hls *h, struct hls_track *t, const struct playlist_item *item) {
  if (t->queue_len == QUEUE) {
    h->counts.skipped++;
    return;
  }
  t->queue[(t->queue_start + t->queue_len++) % QUEUE] = *item;
}

/* As near to the end as the playlist lets: the last one that decoders can begin with. */
static void choose_start(struct hls_track *t, const struct playlist *p, enum hls_way way) {
  const struct playlist_item *items = way == HLS_SEGMENTS ? p->segments : p->parts;
  int len = way == HLS_SEGMENTS ? p->segments_len : p->parts_len;
  double behind_s = 0, hold_back_s = way == HLS_SEGMENTS ? p->hold_back_s : p->part_hold_back_s;
  for (int i = len - 1; i >= 0; i--) {
    behind_s += items[i].duration_s;
    if (!items[i].independent && !t->is_sound && i > 0) continue;
    t->next_number = items[i].number;
    t->next_part = items[i].part < 0 ? 0 : items[i].part;
    if (behind_s >= hold_back_s) break;
  }
}

static void take_item(struct hls *h, struct hls_track *t, const struct playlist_item *item) {
  int part = item->part < 0 ? 0 : item->part;
  if (item->number < t->next_number || (item->number == t->next_number && part < t->next_part)) return;
  if (item->number > t->next_number + 1 || (item->number == t->next_number + 1 && part > 0) ||
      (item->number == t->next_number && part > t->next_part))
    h->counts.skipped++;
  t->next_number = item->part < 0 ? item->number + 1 : item->number;
  t->next_part = item->part < 0 ? 0 : part + 1;
  enqueue(h, t, item);
}

static void on_playlist(struct hls *h, struct hls_track *t) {
  struct playlist *p = &h->at_hand;
  const int polls_segments = h->way == HLS_SEGMENTS;
  bytes_append(&t->playlist.in, "", 1);
  if (playlist_parse(p, (char *)t->playlist.in.data + t->playlist.in.start)) {
    note_error(h, t, "what came is no playlist");
    t->poll_at = in_seconds(1);
    return;
  }
  int before = t->queue_len;
  int is_there = polls_segments ? p->segments_len > 0 : p->parts_len > 0;
  if (is_there && !t->has_begun) {
    t->has_begun = 1;
    choose_start(t, p, h->way);
    if (p->init_uri[0]) {
      struct playlist_item init = {.part = -1};
      snprintf(init.uri, sizeof init.uri, "%s", p->init_uri);
      enqueue(h, t, &init);
    }
  }
  if (t->has_begun) {
    const struct playlist_item *items = polls_segments ? p->segments : p->parts;
    int len = polls_segments ? p->segments_len : p->parts_len;
    for (int i = 0; i < len; i++) take_item(h, t, &items[i]);
  }
  int is_new = t->queue_len > before;
  double period_s = polls_segments ? p->target_s : p->part_target_s > 0 ? p->part_target_s : 1;
  if (!is_new) h->counts.reloads_in_vain++;
  fetch_next(t);
  if (p->ended) return;
  t->waits = t->has_begun && p->can_block;
  t->wanted_number = p->next_number;
  t->wanted_part = p->next_part;
  if (h->way == HLS_BLOCKING && t->waits) reload(h, t);
  else t->poll_at = in_seconds(is_new ? period_s : period_s / 2);
}

/* The first playlist: it names those of the picture and the sound. */
static void on_variants(struct hls *h, struct hls_viewer *v) {
  struct variant found;
  struct hls_track *t = &v->tracks[0];
  bytes_append(&t->playlist.in, "", 1);
  const char *text = (char *)t->playlist.in.data + t->playlist.in.start;
  if (variant_parse(&found, text)) {
    on_playlist(h, t);   /* there is but one */
    return;
  }
  char base[512];
  snprintf(base, sizeof base, "%s", t->uri);
  uri_resolve(t->uri, sizeof t->uri, base, found.uri);
  if (found.audio_uri[0]) {
    uri_resolve(v->tracks[1].uri, sizeof v->tracks[1].uri, base, found.audio_uri);
    reload(h, &v->tracks[1]);
  }
  reload(h, t);
}

static void on_playlist_answer(struct hls *h, struct hls_track *t, enum http_result result) {
  struct hls_viewer *v = t->viewer;
  int is_first = !v->is_open;
  h->counts.playlist_bytes += t->playlist.length;
  if (result == HTTP_FAILED || t->playlist.status >= 400) {
    note_error(h, t, result == HTTP_FAILED ? t->playlist.error : "a playlist was refused");
    t->waits = 0;   /* it looks anew where the broadcast is */
    t->poll_at = in_seconds(1);
  } else if (t->playlist.status >= 300) {
    char base[512];
    snprintf(base, sizeof base, "%s", t->uri);
    uri_resolve(t->uri, sizeof t->uri, base, t->playlist.location);
    reload(h, t);
  } else if (is_first) {
    on_variants(h, v);
    v->is_open = 1;
  } else on_playlist(h, t);
}

/* ---- media ---- */

/* A player shows what it has, and waits when it has shown that. */
static void play(struct hls *h, struct hls_track *t, double duration_s) {
  uint64_t now = now_ns();
  if (!t->started_at) {
    if (!t->queue_len) t->started_at = now;
    t->fetched_s += duration_s;
    return;
  }
  double late_s = (double)(now - t->started_at) / 1e9 - t->stalled_s - t->fetched_s;
  if (late_s > 0) {
    t->stalled_s += late_s;
    if (h->in_window) {
      h->counts.stalls++;
      h->counts.stalled_s += late_s;
    }
  }
  t->fetched_s += duration_s;
}

static void on_media(struct hls *h, struct hls_track *t, enum http_result result) {
  struct hls_viewer *v = t->viewer;
  uint64_t sent, now = now_ns();
  uint32_t sequence;
  if (result == HTTP_FAILED || t->media.status != 200) {
    note_error(h, t, result == HTTP_FAILED ? t->media.error : "media was refused");
  } else {
    h->counts.items++;
    h->counts.media_bytes += t->media.length;
    v->media_bytes += t->media.length;
    if (!v->first_media_at && t->fetching.duration_s > 0) {
      v->first_media_at = now;
      h->fed++;
    }
    if (t->fetching.duration_s > 0) play(h, t, t->fetching.duration_s);
    if (h->in_window) samples_add(&h->fetch_us, (now - t->media.asked_at) / 1000);
    if (h->in_window && t->media.keep_body && t->stamped &&
        stamp_find_last(t->media.in.data + t->media.in.start, bytes_len(&t->media.in), &sent, &sequence) && now > sent)
      samples_add(&h->delay_us, (now - sent) / 1000);
    /* What was there before the viewer came says nothing of delays. */
    t->stamped = t->started_at != 0;
  }
  fetch_next(t);
}

/* ---- all viewers ---- */

static void open_one(struct hls *h) {
  char stream[64];
  struct hls_viewer *v = &h->all[h->opened];
  long long of = h->o->parsed, n = h->o->players;
  int streams = h->o->publishers > 0 ? h->o->publishers : 1;
  v->index = h->opened++;
  v->parsed = of >= n || v->index * of / n != (v->index + 1) * of / n;
  v->opened_at = now_ns();
  for (int i = 0; i < 2; i++) {
    struct hls_track *t = &v->tracks[i];
    t->viewer = v;
    t->is_sound = i == 1;
    http_init(&t->playlist, h->epoll_fd, &h->target, t);
    http_init(&t->media, h->epoll_fd, &h->target, t);
  }
  stream_name(stream, sizeof stream, h->o->stream, v->index % streams, streams);
  snprintf(v->tracks[0].uri, sizeof v->tracks[0].uri, "/%s/%s/index.m3u8", h->target.app, stream);
  reload(h, &v->tracks[0]);
}

static void on_event(struct hls *h, struct http *connection, uint32_t events) {
  struct hls_track *t = connection->owner;
  uint64_t bytes = connection->bytes_in;
  enum http_result result = http_event(connection, events);
  h->counts.bytes_in += connection->bytes_in - bytes;
  if (result == HTTP_MORE) return;
  h->counts.requests++;
  if (connection == &t->media) on_media(h, t, result);
  else on_playlist_answer(h, t, result);
}

/* Returns when the next one is due, or the deadline. */
static uint64_t poll_due(struct hls *h, uint64_t now, uint64_t deadline) {
  for (int i = 0; i < h->opened; i++)
    for (int j = 0; j < 2; j++) {
      struct hls_track *t = &h->all[i].tracks[j];
      if (!t->poll_at) continue;
      if (t->poll_at <= now) reload(h, t);
      else if (t->poll_at < deadline) deadline = t->poll_at;
    }
  return deadline;
}

void hls_start(struct hls *h, const struct options *o) {
  memset(h, 0, sizeof *h);
  h->o = o;
  h->target = o->target;
  h->way = !strcmp(o->hls, "segments") ? HLS_SEGMENTS : !strcmp(o->hls, "parts") ? HLS_PARTS : HLS_BLOCKING;
  h->all = xcalloc((size_t)o->players + 1, sizeof *h->all);
  h->epoll_fd = epoll_create1(EPOLL_CLOEXEC);
  h->begin = now_ns();
}

void hls_run_until(struct hls *h, uint64_t deadline) {
  struct epoll_event events[512];
  uint64_t due = 0;
  for (;;) {
    uint64_t now = now_ns(), wake = deadline;
    if (now >= deadline) return;
    while (h->opened < h->o->players) {
      uint64_t at = h->begin + (uint64_t)((double)h->opened / h->o->rate * (double)NS_PER_S);
      if (at > now) {
        if (at < wake) wake = at;
        break;
      }
      open_one(h);
    }
    if (now >= due) due = poll_due(h, now, in_seconds(0.02));
    if (due < wake) wake = due;
    uint64_t wait = wake > now ? wake - now : 0;
    struct timespec ts = {.tv_sec = (time_t)(wait / NS_PER_S), .tv_nsec = (long)(wait % NS_PER_S)};
    int n = epoll_pwait2(h->epoll_fd, events, 512, &ts, NULL);
    for (int i = 0; i < n; i++) on_event(h, events[i].data.ptr, events[i].events);
  }
}

void hls_open_window(struct hls *h) {
  h->in_window = 1;
  memset(&h->counts, 0, sizeof h->counts);
  for (int i = 0; i < h->opened; i++) h->all[i].media_mark = h->all[i].media_bytes;
}

void hls_stop(struct hls *h) {
  for (int i = 0; i < h->opened; i++)
    for (int j = 0; j < 2; j++) {
      http_close(&h->all[i].tracks[j].playlist);
      http_close(&h->all[i].tracks[j].media);
    }
}
