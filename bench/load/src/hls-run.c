#define _GNU_SOURCE
#include <stdio.h>
#include <stdlib.h>

#include "hls.h"
#include "live.h"
#include "report.h"

static uint64_t after(double seconds) { return now_ns() + (uint64_t)(seconds * 1e9); }

static int compare_u64(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

/* Viewers that got less than 90% of the median in the window, with a second of media forgiven: it comes in pieces. */
static int count_slow(const struct hls *h, double wall_s) {
  int slow = 0;
  double piece_s = h->way == HLS_SEGMENTS ? 2.5 : 1;
  uint64_t *got = xcalloc((size_t)h->opened + 1, sizeof *got);
  for (int i = 0; i < h->opened; i++) got[i] = h->all[i].media_bytes - h->all[i].media_mark;
  qsort(got, (size_t)h->opened, sizeof *got, compare_u64);
  double least = (double)got[h->opened / 2] * (0.9 - piece_s / wall_s);
  for (int i = 0; i < h->opened; i++) slow += (double)got[i] < least;
  free(got);
  return slow;
}

static void print_viewers(struct hls *h, double wall_s) {
  struct hls_counts *c = &h->counts;
  struct samples media = {0};
  for (int i = 0; i < h->opened; i++)
    if (h->all[i].first_media_at) samples_add(&media, (h->all[i].first_media_at - h->all[i].opened_at) / 1000);
  printf(",\"players\":%d,\"players_live\":%d,\"players_failed\":%d,\"players_slow\":%d", h->o->players, h->fed,
         h->o->players - h->fed + h->failed, count_slow(h, wall_s));
  printf(",\"bytes_delivered\":%llu,\"media_bytes\":%llu,\"playlist_bytes\":%llu,\"requests\":%llu,\"requests_per_s\":%.1f",
         (unsigned long long)c->bytes_in, (unsigned long long)c->media_bytes, (unsigned long long)c->playlist_bytes,
         (unsigned long long)c->requests, (double)c->requests / wall_s);
  printf(",\"items\":%llu,\"reloads_in_vain\":%llu,\"items_skipped\":%llu,\"request_errors\":%llu",
         (unsigned long long)c->items, (unsigned long long)c->reloads_in_vain, (unsigned long long)c->skipped,
         (unsigned long long)c->errors);
  printf(",\"stalls\":%llu,\"stalled_ms_per_player\":%.1f", (unsigned long long)c->stalls,
         1e3 * c->stalled_s / (h->opened ? h->opened : 1));
  samples_sort(&h->delay_us);
  printf(",\"p50_ms\":%.2f,\"p90_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f",
         samples_quantile(&h->delay_us, 0.5) / 1e3, samples_quantile(&h->delay_us, 0.9) / 1e3,
         samples_quantile(&h->delay_us, 0.99) / 1e3, samples_quantile(&h->delay_us, 1) / 1e3);
  print_delays("fetch", &h->fetch_us);
  print_delays("media", &media);
  print_error(h->error);
}

void run_hls(const struct options *o, const struct flv *flv) {
  struct options publishing = *o;
  struct publishers *pub = NULL;
  struct publisher_totals t0 = {0}, t1 = {0};
  struct hls h;
  struct sample idle = take_sample(o->pid), before, a, b;
  if (o->publish_port) publishing.target.port = o->publish_port;
  if (o->publishers) pub = start_publishers(&publishing, flv);
  before = take_sample(o->pid);

  uint64_t give_up = after(30 + o->players / o->rate), ramp_begin = now_ns();
  hls_start(&h, o);
  while (h.fed < o->players && now_ns() < give_up) hls_run_until(&h, after(0.02));
  double ramp_s = (double)(now_ns() - ramp_begin) / 1e9;
  hls_run_until(&h, after(o->warm_s));

  hls_open_window(&h);
  if (pub) publishers_reset_late(pub);
  if (pub) publishers_totals(pub, &t0);
  a = take_sample(o->pid);
  hls_run_until(&h, after(o->window_s));
  b = take_sample(o->pid);
  if (pub) publishers_totals(pub, &t1);

  double wall_s = (double)(b.at - a.at) / 1e9;
  print_head(o);
  print_window(&a, &b);
  printf(",\"cpu_s_per_GB\":%.4f",
         h.counts.media_bytes ? (b.server.run_s - a.server.run_s) * 1e9 / (double)h.counts.media_bytes : 0.0);
  printf(",\"rss_idle_kB\":%llu,\"rss_before_players_kB\":%llu", (unsigned long long)idle.server.rss_kb,
         (unsigned long long)before.server.rss_kb);
  if (o->players)
    printf(",\"rss_per_player_kB\":%.2f", ((double)b.server.rss_kb - (double)before.server.rss_kb) / o->players);
  if (pub)
    printf(",\"publishers\":%d,\"publishers_live\":%d,\"publishers_failed\":%d,\"bytes_in\":%llu,\"publish_late_max_ms\":%.1f",
           o->publishers, t1.live, t1.failed, (unsigned long long)(t1.bytes_out - t0.bytes_out), (double)t1.max_late_ns / 1e6);
  printf(",\"ramp_s\":%.2f", ramp_s);
  if (o->players) print_viewers(&h, wall_s);
  printf("}\n");
  fflush(stdout);
  hls_stop(&h);
  if (pub) publishers_stop(pub);
}
