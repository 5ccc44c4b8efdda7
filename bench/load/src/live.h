/* M publishers and N players for a window of time. */
#ifndef MR_LIVE_H
#define MR_LIVE_H

#include "flv.h"
#include "options.h"
#include "publisher.h"

void run_live(const struct options *o, const struct flv *flv);
/* Returns when all publishers have begun, or have failed, and --lead has passed. */
struct publishers *start_publishers(const struct options *o, const struct flv *flv);

#endif
