/* What a player reads out of an HLS playlist. RFC 8216bis. */
#ifndef MR_PLAYLIST_H
#define MR_PLAYLIST_H

#include <stddef.h>

enum { MAX_URI = 256, MAX_ITEMS = 256 };

/* A part, or a whole segment (part -1). */
struct playlist_item {
  char uri[MAX_URI];
  double duration_s;
  long number;
  int part, independent;
};

struct playlist {
  double target_s, part_target_s, hold_back_s, part_hold_back_s;
  int can_block, ended;
  char init_uri[MAX_URI];
  long next_number;      /* what comes next: the open segment, and its next part */
  int next_part;
  int parts_len, segments_len;
  struct playlist_item parts[MAX_ITEMS], segments[MAX_ITEMS];
};

/* text ends with a zero byte. Returns 0, or -1 when it is no media playlist. */
int playlist_parse(struct playlist *p, const char *text);

/* The first variant with a picture, or else the first, and its sound. "" where there is none. */
struct variant {
  char uri[MAX_URI], audio_uri[MAX_URI];
};

/* Returns 0, or -1 when it is no multivariant playlist. */
int variant_parse(struct variant *v, const char *text);

/* Joins a URI with the path of the playlist that names it. */
void uri_resolve(char *out, size_t size, const char *base, const char *uri);

#endif
