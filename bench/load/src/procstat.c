#define _GNU_SOURCE
#include "procstat.h"

#include <ctype.h>
#include <dirent.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct stat_line {
  int pid, parent, threads;
  char name[32];
  double user_s, system_s;
};

static int read_stat(int pid, struct stat_line *out) {
  char path[64], line[1024];
  snprintf(path, sizeof path, "/proc/%d/stat", pid);
  FILE *f = fopen(path, "r");
  if (!f) return -1;
  size_t n = fread(line, 1, sizeof line - 1, f);
  fclose(f);
  line[n] = 0;
  char *open = strchr(line, '('), *close = strrchr(line, ')');
  if (!open || !close) return -1;
  unsigned long long user, system;
  if (sscanf(close + 1, " %*c %d %*d %*d %*d %*d %*u %*u %*u %*u %*u %llu %llu %*d %*d %*d %*d %d",
             &out->parent, &user, &system, &out->threads) != 4)
    return -1;
  double hz = (double)sysconf(_SC_CLK_TCK);
  out->pid = pid;
  out->user_s = (double)user / hz;
  out->system_s = (double)system / hz;
  snprintf(out->name, sizeof out->name, "%.*s", (int)(close - open - 1), open + 1);
  return 0;
}

static uint64_t status_field(int pid, const char *file, const char *key) {
  char path[64], line[256];
  uint64_t sum = 0;
  snprintf(path, sizeof path, "/proc/%d/%s", pid, file);
  FILE *f = fopen(path, "r");
  if (!f) return 0;
  size_t key_len = strlen(key);
  while (fgets(line, sizeof line, f))
    if (!strncmp(line, key, key_len)) sum += strtoull(line + key_len, NULL, 10);
  fclose(f);
  return sum;
}

static void add_tasks(int pid, struct proc_sample *out) {
  char path[96];
  snprintf(path, sizeof path, "/proc/%d/task", pid);
  DIR *dir = opendir(path);
  if (!dir) return;
  for (struct dirent *e; (e = readdir(dir));) {
    int tid = atoi(e->d_name);
    unsigned long long run = 0;
    if (tid <= 0) continue;
    snprintf(path, sizeof path, "/proc/%d/task/%d/schedstat", pid, tid);
    FILE *f = fopen(path, "r");
    if (f) {
      if (fscanf(f, "%llu", &run) == 1) out->run_s += (double)run / 1e9;
      fclose(f);
    }
    snprintf(path, sizeof path, "task/%d/status", tid);
    uint64_t voluntary = status_field(pid, path, "voluntary_ctxt_switches:");
    out->voluntary_switches += voluntary;
    if (tid == pid) out->main_voluntary_switches += voluntary;
    out->involuntary_switches += status_field(pid, path, "nonvoluntary_ctxt_switches:");
  }
  closedir(dir);
}

static void add_process(const struct stat_line *s, struct proc_sample *out) {
  out->processes++;
  out->threads += s->threads;
  out->user_s += s->user_s;
  out->system_s += s->system_s;
  out->rss_kb += status_field(s->pid, "status", "VmRSS:");
  out->pss_kb += status_field(s->pid, "smaps_rollup", "Pss:");
  add_tasks(s->pid, out);
}

int proc_sample(int root_pid, struct proc_sample *out) {
  static struct stat_line all[8192];
  static char inside[8192];
  int count = 0, grew = 1, found = 0;
  memset(out, 0, sizeof *out);
  DIR *dir = opendir("/proc");
  if (!dir) return -1;
  for (struct dirent *e; (e = readdir(dir)) && count < 8192;)
    if (isdigit((unsigned char)e->d_name[0]) && !read_stat(atoi(e->d_name), &all[count])) {
      inside[count] = all[count].pid == root_pid;
      found |= inside[count];
      count++;
    }
  closedir(dir);
  if (!found) return -1;
  while (grew) {
    grew = 0;
    for (int i = 0; i < count; i++)
      for (int j = 0; !inside[i] && j < count; j++)
        if (inside[j] && all[i].parent == all[j].pid) inside[i] = (char)(grew = 1);
  }
  for (int i = 0; i < count; i++)
    if (inside[i]) add_process(&all[i], out);
  return 0;
}

static double ksoftirqd_s(void) {
  double sum = 0;
  DIR *dir = opendir("/proc");
  if (!dir) return 0;
  for (struct dirent *e; (e = readdir(dir));) {
    struct stat_line s;
    int pid = atoi(e->d_name);
    if (pid > 0 && pid < 1000 && !read_stat(pid, &s) && !strncmp(s.name, "ksoftirqd", 9))
      sum += s.user_s + s.system_s;
  }
  closedir(dir);
  return sum;
}

void machine_sample(struct machine_sample *out) {
  unsigned long long user, nice, system, idle, iowait, irq, softirq, steal;
  memset(out, 0, sizeof *out);
  FILE *f = fopen("/proc/stat", "r");
  if (!f) return;
  if (fscanf(f, "cpu %llu %llu %llu %llu %llu %llu %llu %llu",
             &user, &nice, &system, &idle, &iowait, &irq, &softirq, &steal) == 8) {
    double hz = (double)sysconf(_SC_CLK_TCK);
    out->busy_s = (double)(user + nice + system + irq + softirq) / hz;
    out->softirq_s = (double)softirq / hz;
    out->steal_s = (double)steal / hz;
  }
  fclose(f);
  out->ksoftirqd_s = ksoftirqd_s();
}
