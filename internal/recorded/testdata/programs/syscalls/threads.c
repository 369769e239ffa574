#include <pthread.h>
#include <time.h>

#include "_cgo_export.h"

enum { maxThreads = 8 };

void block(int milliseconds) {
	struct timespec t = {milliseconds / 1000, (milliseconds % 1000) * 1000000L};
	nanosleep(&t, 0);
}

void callFromHere(int calls) {
	for (int i = 0; i < calls; i++) {
		called(i);
		block(1);
	}
}

static void *thread(void *calls) {
	callFromHere(*(int *)calls);
	return 0;
}

/* The threads end before this returns: their goroutines end with them. */
void callFromThreads(int threads, int calls) {
	pthread_t made[maxThreads];
	int n = 0;
	while (n < threads && n < maxThreads && pthread_create(&made[n], 0, thread, &calls) == 0)
		n++;
	while (n > 0)
		pthread_join(made[--n], 0);
}
