/* What all scenarios print of the server, the loader and the machine. */
#ifndef MR_REPORT_H
#define MR_REPORT_H

#include "options.h"
#include "procstat.h"

/* Everything that is looked at when the window opens and when it ends. */
struct sample {
  uint64_t at;
  struct proc_sample server;       /* zeros without a pid */
  struct machine_sample machine;
  double loader_cpu_s;             /* all threads of this program */
};

struct sample take_sample(int pid);
void sleep_until(uint64_t deadline);
void print_head(const struct options *o);
/* The server's figures from a to b. */
void print_window(const struct sample *a, const struct sample *b);
/* Sorts the samples, in us, and prints NAME_p50_ms and NAME_p99_ms; nothing when there are none. */
void print_delays(const char *name, struct samples *s);
void print_error(const char *error);

#endif
