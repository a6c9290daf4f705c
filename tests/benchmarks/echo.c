/* SPDX-License-Identifier: Apache-2.0 */

/* Answers every message of every association with the message itself: echo ADDRESS PORT */

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

enum { BACKLOG = 128, EVENTS = 64, LONGEST = 2048 };

static void check(int result, const char *what)
{
    if (result < 0) {
        perror(what);
        exit(1);
    }
}

static void watch(int epoll, int descriptor)
{
    struct epoll_event event = {.events = EPOLLIN, .data.fd = descriptor};
    check(epoll_ctl(epoll, EPOLL_CTL_ADD, descriptor, &event), "epoll_ctl");
}

static void answer(int association)
{
    char message[LONGEST];
    ssize_t size = recv(association, message, sizeof message, 0);
    if (size <= 0 || send(association, message, size, MSG_NOSIGNAL) < 0)
        close(association);
}

int main(int count, char **arguments)
{
    if (count != 3)
        return 2;
    struct sockaddr_in address = {.sin_family = AF_INET, .sin_port = htons(atoi(arguments[2]))};
    inet_pton(AF_INET, arguments[1], &address.sin_addr);
    int listener = socket(AF_INET, SOCK_STREAM, IPPROTO_SCTP);
    check(listener, "socket");
    check(bind(listener, (struct sockaddr *)&address, sizeof address), "bind");
    check(listen(listener, BACKLOG), "listen");
    int epoll = epoll_create1(0);
    watch(epoll, listener);
    puts("listening");
    fflush(stdout);
    for (;;) {
        struct epoll_event events[EVENTS];
        int ready = epoll_wait(epoll, events, EVENTS, -1);
        for (int i = 0; i < ready; i++) {
            if (events[i].data.fd != listener) {
                answer(events[i].data.fd);
                continue;
            }
            int association = accept(listener, NULL, NULL);
            if (association >= 0)
                watch(epoll, association);
        }
    }
}
