/* Closed-loop connection test: a fixed number of clients at a time connect,
 * play until the server says Play.Start (or the first key frame), and leave. */
#ifndef MR_CHURN_H
#define MR_CHURN_H

#include "flv.h"
#include "options.h"

void run_churn(const struct options *o, const struct flv *flv);

#endif
