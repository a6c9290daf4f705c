/* SPDX-License-Identifier: Apache-2.0 */

/* Associates, sends 20 bytes, reads the answer, and closes, COUNT times over: client ADDRESS PORT
 * COUNT. Prints the seconds that took. */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

enum { MESSAGE = 20, LONGEST = 2048 };

static void check(int failed, const char *what)
{
    if (failed) {
        perror(what);
        exit(1);
    }
}

static double now(void)
{
    struct timespec time;
    clock_gettime(CLOCK_MONOTONIC, &time);
    return time.tv_sec + time.tv_nsec / 1e9;
}

int main(int count, char **arguments)
{
    if (count != 4)
        return 2;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(arguments[2]))};
    inet_pton(AF_INET, arguments[1], &address.sin_addr);
    double begun = now();
    for (int left = atoi(arguments[3]); left > 0; left--) {
        char message[LONGEST] = "HELLO, I AM A CLIENT";
        int association = socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);
        check(association < 0, "socket");
        check(connect(association, (struct sockaddr *)&address, sizeof address), "connect");
        check(send(association, message, MESSAGE, 0) != MESSAGE, "send");
        check(recv(association, message, sizeof message, 0) != MESSAGE, "recv");
        close(association);
    }
    printf("%f\n", now() - begun);
}
