#define _GNU_SOURCE
/* rtmpload: puts a bounded load on an RTMP server on this machine, or on one
 * of HLS, and prints one JSON line. See ../README.md. */
#include <getopt.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "churn.h"
#include "flv.h"
#include "hls.h"
#include "live.h"
#include "options.h"

static void usage(void) {
  fputs("usage: rtmpload --scenario live|churn|hls --port PORT [options]\n"
        "  --host 127.0.0.1  --app live  --stream bench  --flv FILE  --label TEXT\n"
        "  --pid PID            the server: its CPU time and memory, with its children's\n"
        "  --publishers N       (1)      --publish-rate N/s (50)   --chunk-size BYTES (4096)\n"
        "  --players N          (0)      --rate N/s (200)\n"
        "  --parsed N           players that are parsed throughout (100)\n"
        "  --stalled N          players that stop reading when the window opens (0)\n"
        "  --flv-players        players get FLV by HTTP\n"
        "  --raw                no handshake: the peer is the floor program\n"
        "  --lead S (2)  --warm S (3)  --window S (10)\n"
        "  --total N (2000)  --concurrency N (50)  --until-key  --timeout S (60)      for churn\n"
        "  --hls blocking|parts|segments (blocking)  --publish-port PORT (as --port)              for hls\n"
        "  --cpu N              pin the load to one core\n", stderr);
  exit(2);
}

static void parse(struct options *o, int argc, char **argv) {
  enum { SCENARIO = 1, PORT, HOST, APP, STREAM, FLV, LABEL, PID, PUBLISHERS, PUBLISH_RATE, CHUNK, PLAYERS, RATE, PARSED,
         STALLED, RAW, LEAD, WARM, WINDOW, TOTAL, CONCURRENCY, UNTIL_KEY, TIMEOUT, CPU, HLS,
         PUBLISH_PORT, FLV_PLAYERS };
  static const struct option long_options[] = {
    {"scenario", 1, 0, SCENARIO}, {"port", 1, 0, PORT}, {"host", 1, 0, HOST}, {"app", 1, 0, APP},
    {"stream", 1, 0, STREAM}, {"flv", 1, 0, FLV}, {"label", 1, 0, LABEL}, {"pid", 1, 0, PID},
    {"publishers", 1, 0, PUBLISHERS}, {"publish-rate", 1, 0, PUBLISH_RATE}, {"chunk-size", 1, 0, CHUNK},
    {"players", 1, 0, PLAYERS}, {"rate", 1, 0, RATE}, {"parsed", 1, 0, PARSED}, {"stalled", 1, 0, STALLED},
    {"raw", 0, 0, RAW}, {"lead", 1, 0, LEAD}, {"warm", 1, 0, WARM}, {"window", 1, 0, WINDOW},
    {"total", 1, 0, TOTAL}, {"concurrency", 1, 0, CONCURRENCY}, {"until-key", 0, 0, UNTIL_KEY},
    {"timeout", 1, 0, TIMEOUT}, {"cpu", 1, 0, CPU},
    {"hls", 1, 0, HLS}, {"publish-port", 1, 0, PUBLISH_PORT},
    {"flv-players", 0, 0, FLV_PLAYERS}, {0, 0, 0, 0}};
  for (int c; (c = getopt_long(argc, argv, "", long_options, NULL)) != -1;) switch (c) {
    case SCENARIO: o->scenario = optarg; break;
    case PORT: o->target.port = atoi(optarg); break;
    case HOST: o->target.host = optarg; break;
    case APP: o->target.app = optarg; break;
    case STREAM: o->stream = optarg; break;
    case FLV: o->flv_path = optarg; break;
    case LABEL: o->label = optarg; break;
    case PID: o->pid = atoi(optarg); break;
    case PUBLISHERS: o->publishers = atoi(optarg); break;
    case PUBLISH_RATE: o->publish_rate = atof(optarg); break;
    case CHUNK: o->chunk_size = (uint32_t)atoi(optarg); break;
    case PLAYERS: o->players = atoi(optarg); break;
    case RATE: o->rate = atof(optarg); break;
    case PARSED: o->parsed = atoi(optarg); break;
    case STALLED: o->stalled = atoi(optarg); break;
    case RAW: o->raw = 1; break;
    case FLV_PLAYERS: o->flv_players = 1; break;
    case LEAD: o->lead_s = atof(optarg); break;
    case WARM: o->warm_s = atof(optarg); break;
    case WINDOW: o->window_s = atof(optarg); break;
    case TOTAL: o->total = atoi(optarg); break;
    case CONCURRENCY: o->concurrency = atoi(optarg); break;
    case UNTIL_KEY: o->until_key = 1; break;
    case TIMEOUT: o->timeout_s = atof(optarg); break;
    case CPU: o->cpu = atoi(optarg); break;
    case HLS: o->hls = optarg; break;
    case PUBLISH_PORT: o->publish_port = atoi(optarg); break;
    default: usage();
  }
  if (!o->scenario || !o->target.port) usage();
  if (strncmp(o->target.host, "127.", 4)) die("loopback addresses only");
  if (o->players > 10000 || o->publishers > 5000 || o->total > 100000 || o->window_s > 600) die("more load than this tool puts on");
}

int main(int argc, char **argv) {
  struct options o = {.scenario = NULL, .label = "", .stream = "bench", .hls = "blocking",
                      .target = {.host = "127.0.0.1", .app = "live"},
                      .publishers = 1, .parsed = 100, .cpu = -1, .total = 2000, .concurrency = 50,
                      .rate = 200, .publish_rate = 50, .warm_s = 3, .window_s = 10, .lead_s = 2, .timeout_s = 60, .chunk_size = 4096};
  struct flv flv = {0};
  struct rlimit limit;
  parse(&o, argc, argv);
  if (!getrlimit(RLIMIT_NOFILE, &limit)) {
    limit.rlim_cur = limit.rlim_max;
    setrlimit(RLIMIT_NOFILE, &limit);
  }
  if (o.cpu >= 0) {
    cpu_set_t set;
    CPU_ZERO(&set);
    CPU_SET(o.cpu, &set);
    sched_setaffinity(0, sizeof set, &set);
  }
  if (o.publishers) {
    if (!o.flv_path) die("--flv is needed to publish");
    flv_load(&flv, o.flv_path);
  }
  if (!strcmp(o.scenario, "live")) run_live(&o, &flv);
  else if (!strcmp(o.scenario, "churn")) run_churn(&o, &flv);
  else if (!strcmp(o.scenario, "hls")) run_hls(&o, &flv);
  else usage();
  return 0;
}
