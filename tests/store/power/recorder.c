/* Preloaded into a process: writes down, in order, what it does to the files of one folder.
 *
 * A record is: kind (W write, T truncate, S sync, U unlink), seconds, offset or size, length,
 * length of the path; then the path and the bytes. POWER_FOLDER names the folder,
 * POWER_RECORD the file of the records.
 */
#define _GNU_SOURCE
#include <dlfcn.h>
#include <fcntl.h>
#include <limits.h>
#include <pthread.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/uio.h>
#include <time.h>
#include <unistd.h>

struct record {
    char kind[8];
    double seconds;
    int64_t offset;
    int64_t length;
    int64_t path_length;
};

static pthread_mutex_t turn = PTHREAD_MUTEX_INITIALIZER;
static int record_fd = -1;

static int is_watched(const char *path) {
    const char *folder = getenv("POWER_FOLDER");
    size_t length = strlen(path);
    return folder && !strncmp(path, folder, strlen(folder)) &&
           !(length > 4 && !strcmp(path + length - 4, "-shm"));
}

static int path_of(int fd, char *path) {
    char link[64];
    snprintf(link, sizeof link, "/proc/self/fd/%d", fd);
    ssize_t length = readlink(link, path, PATH_MAX - 1);
    if (length < 0) return 0;
    path[length] = 0;
    return is_watched(path);
}

static void note(char kind, const char *path, int64_t offset, const void *data, int64_t length) {
    struct timespec now;
    clock_gettime(CLOCK_MONOTONIC, &now);
    struct record record = {{kind}, now.tv_sec + now.tv_nsec / 1e9, offset, length, strlen(path)};
    if (record_fd < 0)
        record_fd = syscall(SYS_openat, AT_FDCWD, getenv("POWER_RECORD"),
                            O_WRONLY | O_CREAT | O_APPEND | O_CLOEXEC, 0644);
    struct iovec parts[3] = {{&record, sizeof record},
                             {(void *)path, (size_t)record.path_length},
                             {(void *)data, data ? (size_t)length : 0}};
    syscall(SYS_writev, record_fd, parts, 3);
}

#define REAL(name) __typeof__(&name) real = (__typeof__(&name))dlsym(RTLD_NEXT, #name)

#define WRITER(name, offset_type)                                                        \
    ssize_t name(int fd, const void *data, size_t length, offset_type offset) {          \
        REAL(name);                                                                      \
        char path[PATH_MAX];                                                             \
        if (!path_of(fd, path)) return real(fd, data, length, offset);                   \
        pthread_mutex_lock(&turn);                                                       \
        ssize_t written = real(fd, data, length, offset);                                \
        if (written > 0) note('W', path, offset, data, written);                         \
        pthread_mutex_unlock(&turn);                                                     \
        return written;                                                                  \
    }
WRITER(pwrite, off_t)
WRITER(pwrite64, off64_t)

ssize_t write(int fd, const void *data, size_t length) {
    REAL(write);
    char path[PATH_MAX];
    if (!path_of(fd, path)) return real(fd, data, length);
    pthread_mutex_lock(&turn);
    ssize_t written = real(fd, data, length);
    if (written > 0) note('W', path, lseek(fd, 0, SEEK_CUR) - written, data, written);
    pthread_mutex_unlock(&turn);
    return written;
}

#define TRUNCATER(name, offset_type)                                                     \
    int name(int fd, offset_type size) {                                                 \
        REAL(name);                                                                      \
        char path[PATH_MAX];                                                             \
        if (!path_of(fd, path)) return real(fd, size);                                   \
        pthread_mutex_lock(&turn);                                                       \
        int result = real(fd, size);                                                     \
        if (!result) note('T', path, size, NULL, 0);                                     \
        pthread_mutex_unlock(&turn);                                                     \
        return result;                                                                   \
    }
TRUNCATER(ftruncate, off_t)
TRUNCATER(ftruncate64, off64_t)

#define SYNCER(name)                                                                     \
    int name(int fd) {                                                                   \
        REAL(name);                                                                      \
        char path[PATH_MAX];                                                             \
        if (!path_of(fd, path)) return real(fd);                                         \
        pthread_mutex_lock(&turn); /* what is written meanwhile may not be on the disk */ \
        int result = real(fd);                                                           \
        if (!result) note('S', path, 0, NULL, 0);                                        \
        pthread_mutex_unlock(&turn);                                                     \
        return result;                                                                   \
    }
SYNCER(fsync)
SYNCER(fdatasync)

int unlink(const char *path) {
    REAL(unlink);
    if (!is_watched(path)) return real(path);
    pthread_mutex_lock(&turn);
    int result = real(path);
    if (!result) note('U', path, 0, NULL, 0);
    pthread_mutex_unlock(&turn);
    return result;
}
