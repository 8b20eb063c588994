/*
 * Loaded into the server with LD_PRELOAD: writes down, in one order over all threads, what a process does to the files
 * below RECORD_FOLDER and what it sends through sockets. Built with the machine's `cc` when the test runs.
 *
 * RECORD_LOG         where to; RECORD_FOLDER its folder; RECORD_SYNC_US how long each flush takes (µs).
 *
 * A flush is not done, only timed: the machine keeps its power, and the log tells what would have been safe. It is
 * written down when it begins and when it ends: what is written in between is not covered.
 *
 * Each record: kind (1 byte), three little-endian uint64 (offset, number, bytes), path length (uint32), path, bytes.
 *   W  offset, -, bytes: written to a file        T  length: cut or grown to it
 *   C  made new                                   M  folder made
 *   R  renamed; the bytes are the new path        L  a second name, likewise
 *   U  removed
 *   B  number: a flush begins                     E  number: it has ended
 *   S  bytes: sent through a socket
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/uio.h>
#include <unistd.h>

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static int log_fd = -1;
static char folder[PATH_MAX];
static size_t folder_length;
static unsigned sync_us;
static uint64_t flushes;
static ssize_t (*real_write)(int, const void *, size_t);

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

__attribute__((constructor)) static void begin(void) {
  const char *where = getenv("RECORD_FOLDER"), *log = getenv("RECORD_LOG"), *us = getenv("RECORD_SYNC_US");
  real_write = REAL(write);
  if (where == NULL || log == NULL || realpath(where, folder) == NULL) return;
  folder_length = strlen(folder);
  sync_us = us == NULL ? 0 : (unsigned)atoi(us);
  log_fd = REAL(open)(log, O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0600);
}

static void put(const void *from, size_t length) {
  const char *at = from;
  while (length > 0) {
    ssize_t done = real_write(log_fd, at, length);
    if (done < 0) { if (errno == EINTR) continue; abort(); }
    at += done;
    length -= (size_t)done;
  }
}

static void note(char kind, const char *path, uint64_t offset, uint64_t number, const void *bytes, uint64_t length) {
  uint64_t numbers[3] = {offset, number, length};
  uint32_t path_length = (uint32_t)strlen(path);
  char head[1 + sizeof numbers + sizeof path_length];
  int kept = errno;
  head[0] = kind;
  memcpy(head + 1, numbers, sizeof numbers);
  memcpy(head + 1 + sizeof numbers, &path_length, sizeof path_length);
  put(head, sizeof head);
  put(path, path_length);
  if (length > 0) put(bytes, length);
  errno = kept;
}

/* The path below the folder, "" for the folder itself; NULL for anything else. */
static const char *inside(const char *path) {
  if (log_fd < 0 || strncmp(path, folder, folder_length) != 0) return NULL;
  if (path[folder_length] == '\0') return "";
  return path[folder_length] == '/' ? path + folder_length + 1 : NULL;
}

/* What a descriptor is: 'f' a file or folder of ours, 's' a socket, 0 something else. */
static char described(int fd, char *path) {
  char link[64];
  if (log_fd < 0 || fd == log_fd) return 0;
  snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
  ssize_t length = readlink(link, path, PATH_MAX - 1);
  if (length < 0) return 0;
  path[length] = '\0';
  if (strncmp(path, "socket:", 7) == 0) return 's';
  const char *below = inside(path);
  if (below == NULL || strstr(below, " (deleted)") != NULL) return 0;
  memmove(path, below, strlen(below) + 1);
  return 'f';
}

static const char *below_at(const char *given, char *whole) {
  if (given[0] == '/') return inside(given);
  if (log_fd < 0 || getcwd(whole, PATH_MAX) == NULL || strlen(whole) + strlen(given) + 2 > PATH_MAX) return NULL;
  strcat(strcat(whole, "/"), given);
  return inside(whole);
}

/* Done and written down in one turn, so that the log has the order in which things happened. */
#define TURN(call)                                                                                                     \
  ({                                                                                                                   \
    pthread_mutex_lock(&turn);                                                                                         \
    __typeof__(call) done_ = (call);                                                                                   \
    done_;                                                                                                             \
  })
#define OVER pthread_mutex_unlock(&turn)

static ssize_t written(ssize_t done, int fd, const struct iovec *parts, int count, int64_t offset) {
  char path[PATH_MAX];
  int kept = errno;
  char kind = done > 0 ? described(fd, path) : 0;
  if (kind != 0) {
    int64_t at = kind == 's' ? 0 : offset >= 0 ? offset : lseek(fd, 0, SEEK_CUR) - done;
    size_t left = (size_t)done;
    for (int i = 0; i < count && left > 0; i++) {
      size_t length = parts[i].iov_len < left ? parts[i].iov_len : left;
      if (length > 0) note(kind == 's' ? 'S' : 'W', kind == 's' ? "" : path, (uint64_t)at, 0, parts[i].iov_base, length);
      at += (int64_t)length;
      left -= length;
    }
  }
  OVER;
  errno = kept;
  return done;
}

#define ONE {.iov_base = (void *)bytes, .iov_len = length}
ssize_t write(int fd, const void *bytes, size_t length) {
  struct iovec one = ONE;
  return written(TURN(real_write(fd, bytes, length)), fd, &one, 1, -1);
}
ssize_t writev(int fd, const struct iovec *parts, int count) {
  return written(TURN(REAL(writev)(fd, parts, count)), fd, parts, count, -1);
}
ssize_t pwrite(int fd, const void *bytes, size_t length, off_t offset) {
  struct iovec one = ONE;
  return written(TURN(REAL(pwrite)(fd, bytes, length, offset)), fd, &one, 1, offset);
}
ssize_t pwrite64(int fd, const void *bytes, size_t length, off64_t offset) {
  struct iovec one = ONE;
  return written(TURN(REAL(pwrite64)(fd, bytes, length, offset)), fd, &one, 1, offset);
}
ssize_t pwritev(int fd, const struct iovec *parts, int count, off_t offset) {
  return written(TURN(REAL(pwritev)(fd, parts, count, offset)), fd, parts, count, offset);
}
ssize_t pwritev64(int fd, const struct iovec *parts, int count, off64_t offset) {
  return written(TURN(REAL(pwritev64)(fd, parts, count, offset)), fd, parts, count, offset);
}
ssize_t send(int fd, const void *bytes, size_t length, int flags) {
  struct iovec one = ONE;
  return written(TURN(REAL(send)(fd, bytes, length, flags)), fd, &one, 1, -1);
}
ssize_t sendmsg(int fd, const struct msghdr *message, int flags) {
  return written(TURN(REAL(sendmsg)(fd, message, flags)), fd, message->msg_iov, (int)message->msg_iovlen, -1);
}

static int resized(int done, int fd, uint64_t length) {
  char path[PATH_MAX];
  if (done == 0 && described(fd, path) == 'f') note('T', path, length, 0, NULL, 0);
  OVER;
  return done;
}
int ftruncate(int fd, off_t length) { return resized(TURN(REAL(ftruncate)(fd, length)), fd, (uint64_t)length); }
int ftruncate64(int fd, off64_t length) { return resized(TURN(REAL(ftruncate64)(fd, length)), fd, (uint64_t)length); }

static int flushed(int fd) {
  char path[PATH_MAX];
  pthread_mutex_lock(&turn);
  char kind = described(fd, path);
  uint64_t number = ++flushes;
  if (kind == 'f') note('B', path, 0, number, NULL, 0);
  pthread_mutex_unlock(&turn);
  if (kind == 'f' && sync_us > 0) usleep(sync_us);
  pthread_mutex_lock(&turn);
  if (kind == 'f') note('E', path, 0, number, NULL, 0);
  pthread_mutex_unlock(&turn);
  return 0;
}
int fsync(int fd) { return flushed(fd); }
int fdatasync(int fd) { return flushed(fd); }

static int opened(int (*real)(const char *, int, ...), const char *given, int flags, mode_t mode) {
  char whole[PATH_MAX];
  const char *below = (flags & (O_CREAT | O_TRUNC)) == 0 ? NULL : below_at(given, whole);
  if (below == NULL) return real(given, flags, mode);
  pthread_mutex_lock(&turn);
  int was_there = access(given, F_OK) == 0;
  int fd = real(given, flags, mode);
  if (fd >= 0 && !was_there) note('C', below, 0, 0, NULL, 0);
  else if (fd >= 0 && (flags & O_TRUNC) != 0) note('T', below, 0, 0, NULL, 0);
  pthread_mutex_unlock(&turn);
  return fd;
}
static mode_t mode_of(int flags, va_list rest) { return (flags & O_CREAT) != 0 ? va_arg(rest, mode_t) : 0; }
int open(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return opened(REAL(open), path, flags, mode);
}
int open64(const char *path, int flags, ...) {
  va_list rest;
  va_start(rest, flags);
  mode_t mode = mode_of(flags, rest);
  va_end(rest);
  return opened(REAL(open64), path, flags, mode);
}

static int named(int done, char kind, const char *given) {
  char whole[PATH_MAX];
  const char *below = done == 0 ? below_at(given, whole) : NULL;
  if (below != NULL) note(kind, below, 0, 0, NULL, 0);
  OVER;
  return done;
}
int unlink(const char *path) { return named(TURN(REAL(unlink)(path)), 'U', path); }
int rmdir(const char *path) { return named(TURN(REAL(rmdir)(path)), 'U', path); }
int mkdir(const char *path, mode_t mode) { return named(TURN(REAL(mkdir)(path, mode)), 'M', path); }
static int moved(int done, char kind, const char *from, const char *to) {
  char whole_from[PATH_MAX], whole_to[PATH_MAX];
  const char *below_from = done == 0 ? below_at(from, whole_from) : NULL;
  const char *below_to = done == 0 ? below_at(to, whole_to) : NULL;
  if (below_from != NULL && below_to != NULL) note(kind, below_from, 0, 0, below_to, strlen(below_to));
  OVER;
  return done;
}
int rename(const char *from, const char *to) { return moved(TURN(REAL(rename)(from, to)), 'R', from, to); }
int link(const char *from, const char *to) { return moved(TURN(REAL(link)(from, to)), 'L', from, to); }
