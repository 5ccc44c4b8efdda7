#define _GNU_SOURCE
#include "util.h"

#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

uint64_t now_ns(void) {
  struct timespec ts;
  clock_gettime(CLOCK_MONOTONIC, &ts);
  return (uint64_t)ts.tv_sec * NS_PER_S + (uint64_t)ts.tv_nsec;
}

void die(const char *fmt, ...) {
  va_list ap;
  va_start(ap, fmt);
  fprintf(stderr, "%s: ", program_invocation_short_name);
  vfprintf(stderr, fmt, ap);
  fputc('\n', stderr);
  va_end(ap);
  exit(1);
}

void *xrealloc(void *ptr, size_t size) {
  void *p = realloc(ptr, size);
  if (!p) die("out of memory (%zu bytes)", size);
  return p;
}

void *xmalloc(size_t size) { return xrealloc(NULL, size); }

void *xcalloc(size_t count, size_t size) {
  void *p = calloc(count, size);
  if (!p) die("out of memory (%zu x %zu bytes)", count, size);
  return p;
}

uint8_t *bytes_reserve(struct bytes *b, size_t n) {
  if (b->cap - b->end < n) {
    size_t len = bytes_len(b);
    if (b->start) memmove(b->data, b->data + b->start, len);
    b->start = 0;
    b->end = len;
    if (b->cap < len + n) {
      size_t cap = b->cap ? b->cap : 256;
      while (cap < len + n) cap *= 2;
      b->data = xrealloc(b->data, cap);
      b->cap = cap;
    }
  }
  return b->data + b->end;
}

void bytes_append(struct bytes *b, const void *data, size_t n) {
  memcpy(bytes_reserve(b, n), data, n);
  b->end += n;
}

void bytes_consume(struct bytes *b, size_t n) {
  b->start += n;
  if (b->start == b->end) b->start = b->end = 0;
}

void bytes_free(struct bytes *b) {
  free(b->data);
  memset(b, 0, sizeof *b);
}

void samples_add(struct samples *s, uint64_t value) {
  if (s->n == s->cap) {
    s->cap = s->cap ? s->cap * 2 : 1024;
    s->v = xrealloc(s->v, s->cap * sizeof *s->v);
  }
  s->v[s->n++] = value > UINT32_MAX ? UINT32_MAX : (uint32_t)value;
}

static int compare_u32(const void *a, const void *b) {
  uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;
  return x < y ? -1 : x > y;
}

void samples_sort(struct samples *s) {
  if (s->n) qsort(s->v, s->n, sizeof *s->v, compare_u32);
}

uint32_t samples_quantile(const struct samples *s, double q) {
  if (!s->n) return 0;
  size_t i = (size_t)(q * (double)(s->n - 1) + 0.5);
  return s->v[i];
}
