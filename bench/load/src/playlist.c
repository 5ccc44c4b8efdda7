#define _GNU_SOURCE
#include "playlist.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

/* Copies the value of NAME= or NAME="..." out of an attribute list; "" without it. */
static void attribute(char *out, size_t size, const char *line, const char *name) {
  size_t name_len = strlen(name);
  out[0] = 0;
  for (const char *p = strchr(line, ':'); p;) {
    p++;
    const char *value = p + strcspn(p, "=\n");
    if (*value != '=') return;
    int quoted = value[1] == '"';
    const char *start = value + 1 + quoted, *end = start + strcspn(start, quoted ? "\"\n" : ",\n");
    if ((size_t)(value - p) == name_len && !strncmp(p, name, name_len)) {
      snprintf(out, size, "%.*s", (int)(end - start), start);
      return;
    }
    p = end + strcspn(end, ",\n");
    if (*p != ',') return;
  }
}

static double number_attribute(const char *line, const char *name) {
  char text[32];
  attribute(text, sizeof text, line, name);
  return atof(text);
}

static int is_tag(const char *line, const char *tag) { return !strncmp(line, tag, strlen(tag)); }

static void add_part(struct playlist *p, const char *line, int part) {
  char text[8];
  if (p->parts_len == MAX_ITEMS) return;
  struct playlist_item *item = &p->parts[p->parts_len++];
  attribute(text, sizeof text, line, "INDEPENDENT");
  *item = (struct playlist_item){.duration_s = number_attribute(line, "DURATION"), .number = p->next_number,
                                 .part = part, .independent = !strcmp(text, "YES")};
  attribute(item->uri, sizeof item->uri, line, "URI");
}

static void add_segment(struct playlist *p, const char *line, double duration_s) {
  if (p->segments_len == MAX_ITEMS) return;
  struct playlist_item *item = &p->segments[p->segments_len++];
  *item = (struct playlist_item){.duration_s = duration_s, .number = p->next_number, .part = -1, .independent = 1};
  snprintf(item->uri, sizeof item->uri, "%.*s", (int)strcspn(line, "\r\n"), line);
}

int playlist_parse(struct playlist *p, const char *text) {
  char value[32];
  double duration_s = 0;
  p->target_s = p->part_target_s = p->hold_back_s = p->part_hold_back_s = 0;
  p->can_block = p->ended = p->parts_len = p->segments_len = p->next_part = 0;
  p->init_uri[0] = 0;
  p->next_number = 0;
  for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
    if (is_tag(line, "#EXT-X-TARGETDURATION:")) p->target_s = atof(line + 22);
    else if (is_tag(line, "#EXT-X-PART-INF:")) p->part_target_s = number_attribute(line, "PART-TARGET");
    else if (is_tag(line, "#EXT-X-SERVER-CONTROL:")) {
      attribute(value, sizeof value, line, "CAN-BLOCK-RELOAD");
      p->can_block = !strcmp(value, "YES");
      p->hold_back_s = number_attribute(line, "HOLD-BACK");
      p->part_hold_back_s = number_attribute(line, "PART-HOLD-BACK");
    } else if (is_tag(line, "#EXT-X-MEDIA-SEQUENCE:")) p->next_number = atol(line + 22);
    else if (is_tag(line, "#EXT-X-SKIP:")) p->next_number += (long)number_attribute(line, "SKIPPED-SEGMENTS");
    else if (is_tag(line, "#EXT-X-MAP:")) attribute(p->init_uri, sizeof p->init_uri, line, "URI");
    else if (is_tag(line, "#EXT-X-PART:")) add_part(p, line, p->next_part++);
    else if (is_tag(line, "#EXTINF:")) duration_s = atof(line + 8);
    else if (is_tag(line, "#EXT-X-ENDLIST")) p->ended = 1;
    else if (*line != '#' && *line != '\n' && *line != '\r') {
      add_segment(p, line, duration_s);
      p->next_number++;
      p->next_part = 0;
    }
  }
  if (p->hold_back_s == 0) p->hold_back_s = 3 * p->target_s;
  return p->target_s > 0 ? 0 : -1;
}

int variant_parse(struct variant *v, const char *text) {
  char group[64] = "", found[64], resolution[32];
  int has_picture = 0, is_next = 0;
  v->uri[0] = v->audio_uri[0] = 0;
  for (const char *line = text; *line; line += strcspn(line, "\n"), line += *line == '\n') {
    if (is_tag(line, "#EXT-X-STREAM-INF:")) {
      attribute(resolution, sizeof resolution, line, "RESOLUTION");
      is_next = !v->uri[0] || (resolution[0] && !has_picture);
      if (!is_next) continue;
      has_picture = resolution[0] != 0;
      attribute(group, sizeof group, line, "AUDIO");
    } else if (is_next && *line != '#' && *line != '\n' && *line != '\r') {
      snprintf(v->uri, sizeof v->uri, "%.*s", (int)strcspn(line, "\r\n"), line);
      is_next = 0;
    }
  }
  if (!v->uri[0]) return -1;
  for (const char *line = text; *line && group[0]; line += strcspn(line, "\n"), line += *line == '\n') {
    if (!is_tag(line, "#EXT-X-MEDIA:")) continue;
    attribute(found, sizeof found, line, "GROUP-ID");
    if (strcmp(found, group)) continue;
    attribute(v->audio_uri, sizeof v->audio_uri, line, "URI");
    break;
  }
  /* A variant of sound alone has that twice. */
  if (!strcmp(v->audio_uri, v->uri)) v->audio_uri[0] = 0;
  return 0;
}

void uri_resolve(char *out, size_t size, const char *base, const char *uri) {
  const char *path = strstr(uri, "://");
  if (path) path = strchr(path + 3, '/');
  if (path || *uri == '/') {
    snprintf(out, size, "%s", path ? path : uri);
    return;
  }
  int length = (int)strcspn(base, "?");
  while (length > 0 && base[length - 1] != '/') length--;
  snprintf(out, size, "%.*s%s", length, base, uri);
}
