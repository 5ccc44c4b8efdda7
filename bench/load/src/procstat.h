/* CPU time and memory of a process and all its descendants. */
#ifndef MR_PROCSTAT_H
#define MR_PROCSTAT_H

#include <stdint.h>

struct proc_sample {
  double user_s, system_s;   /* from /proc/PID/stat, 10 ms steps */
  double run_s;              /* from /proc/PID/task/TID/schedstat, finer */
  uint64_t rss_kb, pss_kb;
  uint64_t voluntary_switches, involuntary_switches;
  uint64_t main_voluntary_switches;   /* of the first thread of each process */
  int processes, threads;
};

struct machine_sample {
  double busy_s, steal_s, softirq_s;   /* all cores together, from /proc/stat */
  double ksoftirqd_s;
};

/* Returns 0, or -1 when the process is gone. */
int proc_sample(int root_pid, struct proc_sample *out);
void machine_sample(struct machine_sample *out);

#endif
