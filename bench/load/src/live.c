#define _GNU_SOURCE
#include "live.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "players.h"
#include "report.h"

static uint64_t after(double seconds) { return now_ns() + (uint64_t)(seconds * 1e9); }

static int compare_u64(const void *a, const void *b) {
  uint64_t x = *(const uint64_t *)a, y = *(const uint64_t *)b;
  return x < y ? -1 : x > y;
}

/* Players that got less than 90% of the median in the window. What comes in batches, and keyframes, may be on either side
 * of its ends: half a second of the median is forgiven. */
static int count_slow(const struct players *p, double wall_s) {
  int n = 0, slow = 0;
  uint64_t *got = xcalloc((size_t)p->opened + 1, sizeof *got);
  for (int i = 0; i < p->opened; i++)
    if (!p->all[i].failed && !p->all[i].stalled) got[n++] = p->all[i].session.bytes_in - p->all[i].bytes_mark;
  qsort(got, (size_t)n, sizeof *got, compare_u64);
  double least = (double)got[n / 2] * (0.9 - 0.5 / wall_s);
  for (int i = 0; i < n; i++) slow += (double)got[i] < least;
  free(got);
  return slow;
}

static void print_players(struct players *p, uint64_t bytes, double wall_s) {
  uint64_t frames = 0, lost = 0, chunk = 0;
  int stalled_closed = 0;
  struct samples start = {0}, media = {0}, key = {0};
  for (int i = 0; i < p->opened; i++) {
    struct player *x = &p->all[i];
    frames += x->frames;
    lost += x->lost;
    stalled_closed += x->stalled && x->failed;
    if (!chunk) chunk = x->session.reader.chunk_size;
    if (x->session.started_at) samples_add(&start, (x->session.started_at - x->session.opened_at) / 1000);
    if (x->first_media_at) samples_add(&media, (x->first_media_at - x->session.opened_at) / 1000);
    if (x->first_key_at) samples_add(&key, (x->first_key_at - x->session.opened_at) / 1000);
  }
  printf(",\"players\":%d,\"players_live\":%d,\"players_failed\":%d,\"players_slow\":%d,\"stalled_closed\":%d",
         p->o.count, p->live, p->failed - stalled_closed, count_slow(p, wall_s), stalled_closed);
  printf(",\"server_chunk_size\":%llu,\"bytes_delivered\":%llu,\"frames_seen\":%llu,\"frames_lost\":%llu",
         (unsigned long long)chunk, (unsigned long long)bytes, (unsigned long long)frames, (unsigned long long)lost);
  samples_sort(&p->delay_us);
  printf(",\"p50_ms\":%.2f,\"p90_ms\":%.2f,\"p99_ms\":%.2f,\"max_ms\":%.2f",
         samples_quantile(&p->delay_us, 0.5) / 1e3, samples_quantile(&p->delay_us, 0.9) / 1e3,
         samples_quantile(&p->delay_us, 0.99) / 1e3, samples_quantile(&p->delay_us, 1) / 1e3);
  print_delays("start", &start);
  print_delays("media", &media);
  print_delays("key", &key);
  print_error(p->failed > stalled_closed ? p->error : NULL);
}

struct publishers *start_publishers(const struct options *o, const struct flv *flv) {
  struct publisher_options po = {.target = &o->target, .stream = o->stream, .count = o->publishers,
                                 .rate = o->publish_rate, .chunk_size = o->chunk_size, .flv = flv, .cpu = o->cpu, .raw = o->raw};
  struct publishers *p = publishers_start(&po);
  struct publisher_totals t;
  uint64_t give_up = after(15 + o->publishers / o->publish_rate);
  do {
    sleep_until(after(0.05));
    publishers_totals(p, &t);
  } while (t.live + t.failed < o->publishers && now_ns() < give_up);
  if (!t.live) die("no publisher got through: %s", publishers_error(p));
  sleep_until(after(o->lead_s));
  return p;
}

static void start_players(struct players *players, const struct options *o) {
  struct player_options po = {.target = &o->target, .stream = o->stream, .streams = o->publishers,
                              .count = o->players, .rate = o->rate, .parsed = o->parsed,
                              .role = o->raw ? ROLE_RAW : o->flv_players ? ROLE_FLV : ROLE_PLAY, .stalled = o->stalled};
  int are_fed = o->publishers || o->raw;
  uint64_t give_up = after(20 + o->players / o->rate);
  players_start(players, &po);
  while (!(players_settled(players) && (!are_fed || players_all_fed(players))) && now_ns() < give_up)
    players_run_until(players, after(0.02));
}

static double per(uint64_t after_kb, uint64_t before_kb, int count) {
  return ((double)after_kb - (double)before_kb) / count;
}

void run_live(const struct options *o, const struct flv *flv) {
  struct publishers *pub = NULL;
  struct publisher_totals t0 = {0}, t1 = {0};
  struct players players;
  struct sample idle = take_sample(o->pid), before_players, a, b;
  if (o->publishers) pub = start_publishers(o, flv);
  before_players = take_sample(o->pid);

  uint64_t ramp_begin = now_ns();
  start_players(&players, o);
  double ramp_s = (double)(now_ns() - ramp_begin) / 1e9;
  players_run_until(&players, after(o->warm_s));

  players_open_window(&players);
  if (pub) publishers_reset_late(pub);
  uint64_t bytes = players_bytes(&players);
  if (pub) publishers_totals(pub, &t0);
  a = take_sample(o->pid);
  players_run_until(&players, after(o->window_s));
  b = take_sample(o->pid);
  if (pub) publishers_totals(pub, &t1);
  bytes = players_bytes(&players) - bytes;
  uint64_t bytes_in = t1.bytes_out - t0.bytes_out;
  uint64_t moved = o->players && o->publishers + o->raw > 0 && bytes > bytes_in ? bytes : bytes_in;

  print_head(o);
  print_window(&a, &b);
  printf(",\"cpu_s_per_GB\":%.4f", moved ? (b.server.run_s - a.server.run_s) * 1e9 / (double)moved : 0.0);
  printf(",\"rss_idle_kB\":%llu,\"rss_before_players_kB\":%llu", (unsigned long long)idle.server.rss_kb,
         (unsigned long long)before_players.server.rss_kb);
  if (o->players) printf(",\"rss_per_player_kB\":%.2f", per(b.server.rss_kb, before_players.server.rss_kb, o->players));
  if (o->publishers) {
    printf(",\"publishers\":%d,\"publishers_live\":%d,\"publishers_failed\":%d,\"bytes_in\":%llu,\"messages_in\":%llu",
           o->publishers, t1.live, t1.failed, (unsigned long long)bytes_in,
           (unsigned long long)(t1.messages_out - t0.messages_out));
    printf(",\"publish_backlog\":%llu,\"publish_late_max_ms\":%.1f,\"publisher_cpu_s\":%.2f,\"publisher_chunk_size\":%u",
           (unsigned long long)t1.backlog, (double)t1.max_late_ns / 1e6, t1.cpu_s - t0.cpu_s, o->chunk_size);
    /* Without players all that was added is the publishers', and by the end of the window they have sent whole GOPs. */
    printf(",\"rss_per_publisher_kB\":%.2f",
           per(o->players ? before_players.server.rss_kb : b.server.rss_kb, idle.server.rss_kb, o->publishers));
  }
  printf(",\"ramp_s\":%.2f", ramp_s);
  if (o->players) print_players(&players, bytes, (double)(b.at - a.at) / 1e9);
  printf("}\n");
  fflush(stdout);
  players_stop(&players);
  if (pub) publishers_stop(pub);
}
