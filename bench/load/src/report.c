#define _GNU_SOURCE
#include "report.h"

#include <errno.h>
#include <stdio.h>
#include <time.h>

static double cpu_s(void) {
  struct timespec ts;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &ts);
  return (double)ts.tv_sec + (double)ts.tv_nsec / 1e9;
}

void sleep_until(uint64_t deadline) {
  struct timespec ts = {.tv_sec = (time_t)(deadline / NS_PER_S), .tv_nsec = (long)(deadline % NS_PER_S)};
  while (clock_nanosleep(CLOCK_MONOTONIC, TIMER_ABSTIME, &ts, NULL) == EINTR) {}
}

struct sample take_sample(int pid) {
  struct sample s = {0};
  if (pid && proc_sample(pid, &s.server)) die("the server (pid %d) is gone", pid);
  machine_sample(&s.machine);
  s.at = now_ns();
  s.loader_cpu_s = cpu_s();
  return s;
}

void print_head(const struct options *o) {
  printf("{\"label\":\"%s\",\"scenario\":\"%s\"", o->label, o->scenario);
}

void print_window(const struct sample *a, const struct sample *b) {
  const struct proc_sample *p = &a->server, *q = &b->server;
  double wall = (double)(b->at - a->at) / 1e9, run = q->run_s - p->run_s;
  double loader = b->loader_cpu_s - a->loader_cpu_s;
  double busy = b->machine.busy_s - a->machine.busy_s, other = busy - run - loader;
  printf(",\"wall_s\":%.3f,\"server_run_s\":%.4f,\"server_cpu_pct\":%.2f,\"server_cpu_ms_per_s\":%.3f", wall, run,
         100 * run / wall, 1e3 * run / wall);
  printf(",\"server_user_s\":%.2f,\"server_sys_s\":%.2f", q->user_s - p->user_s, q->system_s - p->system_s);
  printf(",\"wakeups_per_s\":%.2f,\"main_wakeups_per_s\":%.2f,\"preemptions_per_s\":%.2f",
         (double)(q->voluntary_switches - p->voluntary_switches) / wall,
         (double)(q->main_voluntary_switches - p->main_voluntary_switches) / wall,
         (double)(q->involuntary_switches - p->involuntary_switches) / wall);
  printf(",\"processes\":%d,\"threads\":%d,\"rss_kB\":%llu,\"pss_kB\":%llu", q->processes, q->threads,
         (unsigned long long)q->rss_kb, (unsigned long long)q->pss_kb);
  printf(",\"loader_cpu_pct\":%.1f,\"machine_busy_s\":%.2f,\"other_cores\":%.2f,\"steal_s\":%.2f,\"ksoftirqd_s\":%.2f",
         100 * loader / wall, busy, other > 0 ? other / wall : 0, b->machine.steal_s - a->machine.steal_s,
         b->machine.ksoftirqd_s - a->machine.ksoftirqd_s);
}

void print_delays(const char *name, struct samples *s) {
  if (!s->n) return;
  samples_sort(s);
  printf(",\"%s_p50_ms\":%.2f,\"%s_p99_ms\":%.2f", name, samples_quantile(s, 0.5) / 1e3, name,
         samples_quantile(s, 0.99) / 1e3);
}

void print_error(const char *error) {
  if (error) printf(",\"error\":\"%s\"", error);
}
