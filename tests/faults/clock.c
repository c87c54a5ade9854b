/* A clock that can be set back under a running program: put before it by LD_PRELOAD, it adds to the time of day the
 * seconds that the file named by CLOCK_OFFSET holds (a 64-bit integer, read anew each time). Clocks that only run forwards
 * are left alone, and waits until a time of day last as they do when the system's clock is set: until it gets there. */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/time.h>
#include <threads.h>
#include <time.h>

static volatile int64_t *offset;

__attribute__((constructor)) static void open_offset(void) {
    int file = open(getenv("CLOCK_OFFSET"), O_RDONLY);
    void *mapped = mmap(NULL, sizeof(int64_t), PROT_READ, MAP_SHARED, file, 0);
    if (file < 0 || mapped == MAP_FAILED) abort();
    offset = mapped;
}

#define REAL(name) ((__typeof__(&name))dlsym(RTLD_NEXT, #name))

int clock_gettime(clockid_t clock, struct timespec *now) {
    int result = REAL(clock_gettime)(clock, now);
    if (offset && (clock == CLOCK_REALTIME || clock == CLOCK_REALTIME_COARSE)) now->tv_sec += *offset;
    return result;
}

int gettimeofday(struct timeval *restrict now, void *restrict zone) {
    int result = REAL(gettimeofday)(now, zone);
    now->tv_sec += *offset;
    return result;
}

time_t time(time_t *into) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    if (into) *into = now.tv_sec;
    return now.tv_sec;
}

int timespec_get(struct timespec *now, int base) {
    return clock_gettime(CLOCK_REALTIME, now) ? 0 : base;
}

/* The real time at which to look again: a moment from now, or the deadline if that is sooner. */
static struct timespec look_again(const struct timespec *deadline) {
    struct timespec soon, real = *deadline;
    REAL(clock_gettime)(CLOCK_REALTIME, &soon);
    soon.tv_nsec += 50 * 1000 * 1000;
    if (soon.tv_nsec >= 1000000000) soon.tv_sec++, soon.tv_nsec -= 1000000000;
    real.tv_sec -= *offset;
    return real.tv_sec < soon.tv_sec || (real.tv_sec == soon.tv_sec && real.tv_nsec < soon.tv_nsec) ? real : soon;
}

static int reached(const struct timespec *deadline) {
    struct timespec now;
    clock_gettime(CLOCK_REALTIME, &now);
    return now.tv_sec > deadline->tv_sec || (now.tv_sec == deadline->tv_sec && now.tv_nsec >= deadline->tv_nsec);
}

int pthread_cond_timedwait(pthread_cond_t *restrict cond, pthread_mutex_t *restrict mutex,
                           const struct timespec *restrict deadline) {
    for (;;) {
        struct timespec again = look_again(deadline);
        int result = REAL(pthread_cond_timedwait)(cond, mutex, &again);
        if (result != ETIMEDOUT || reached(deadline)) return result;
    }
}

int cnd_timedwait(cnd_t *restrict cond, mtx_t *restrict mutex, const struct timespec *restrict deadline) {
    for (;;) {
        struct timespec again = look_again(deadline);
        int result = REAL(cnd_timedwait)(cond, mutex, &again);
        if (result != thrd_timedout || reached(deadline)) return result;
    }
}
