/* Viewers of HLS on one thread: they reload playlists and fetch what is new, as
 * players do. Each plays a picture and its sound, by two connections each. */
#ifndef MR_HLS_H
#define MR_HLS_H

#include "flv.h"
#include "http.h"
#include "options.h"
#include "playlist.h"

enum hls_way {
  HLS_BLOCKING,   /* parts; playlists are asked for before they are there */
  HLS_PARTS,      /* parts; playlists are polled each part target */
  HLS_SEGMENTS    /* whole segments; playlists are polled each target duration */
};

enum { QUEUE = 128 };

/* A picture or a sound, as one viewer plays it. */
struct hls_track {
  struct hls_viewer *viewer;
  struct http playlist, media;
  char uri[512];              /* "": there is none */
  int is_sound, has_begun, stamped;
  int waits;                  /* the next reload names what it waits for: */
  long wanted_number;
  int wanted_part;
  long next_number;           /* what it fetches next; parts count from 0 on */
  int next_part;
  uint64_t poll_at;           /* 0: nothing is planned */
  struct playlist_item queue[QUEUE];
  int queue_start, queue_len;
  struct playlist_item fetching;
  uint64_t started_at;        /* it plays: all that was there at first has come */
  double fetched_s, stalled_s;   /* media since then; how long it waited for more */
};

struct hls_viewer {
  int index, is_open, failed, parsed;
  struct hls_track tracks[2];
  uint64_t opened_at, first_media_at, media_bytes, media_mark;
};

struct hls_counts {
  uint64_t requests, playlist_bytes, media_bytes, bytes_in, reloads_in_vain, items, skipped, errors, stalls;
  double stalled_s;
};

struct hls {
  const struct options *o;
  struct target target;
  enum hls_way way;
  int epoll_fd, opened, fed, failed, in_window;
  uint64_t begin;
  struct hls_viewer *all;
  struct hls_counts counts;
  struct samples delay_us, fetch_us;
  struct playlist at_hand;    /* of whichever track has just got one */
  const char *error;
};

void hls_start(struct hls *h, const struct options *o);
void hls_run_until(struct hls *h, uint64_t deadline);
void hls_open_window(struct hls *h);
void hls_stop(struct hls *h);

/* The scenario: publishers by RTMP, viewers by HLS. */
void run_hls(const struct options *o, const struct flv *flv);

#endif
