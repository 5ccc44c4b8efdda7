/* What the command line asks of rtmpload. */
#ifndef MR_OPTIONS_H
#define MR_OPTIONS_H

#include "session.h"

struct options {
  const char *scenario, *label, *flv_path, *stream, *hls;
  struct target target;
  int publishers, players, parsed, raw, flv_players, stalled, pid, cpu, publish_port;
  int total, concurrency, until_key;
  double rate, publish_rate, warm_s, window_s, lead_s, timeout_s;
  uint32_t chunk_size;
};

#endif
