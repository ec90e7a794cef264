/* Descriptors that wait in the queue of a Unix socket. Include it after case.h. */
#include <sys/socket.h>

/* Sends a descriptor, and closes it. */
static inline void send_one(int socket, int fd)
{
	char space[CMSG_SPACE(sizeof fd)] = { 0 };
	struct iovec data = { "x", 1 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space };
	struct cmsghdr *header = CMSG_FIRSTHDR(&message);
	header->cmsg_level = SOL_SOCKET;
	header->cmsg_type = SCM_RIGHTS;
	header->cmsg_len = CMSG_LEN(sizeof fd);
	memcpy(CMSG_DATA(header), &fd, sizeof fd);
	MUST(sendmsg(socket, &message, 0) == 1);
	close(fd);
}

/* Receives a descriptor; -1 if there is none. */
static inline int receive_one(int socket)
{
	char space[CMSG_SPACE(sizeof(int))] = { 0 }, byte;
	int fd = -1;
	struct iovec data = { &byte, 1 };
	struct msghdr message = { .msg_iov = &data, .msg_iovlen = 1, .msg_control = space, .msg_controllen = sizeof space };
	CHECK(recvmsg(socket, &message, MSG_CMSG_CLOEXEC) == 1, "recvmsg");
	if (CMSG_FIRSTHDR(&message) != NULL)
		memcpy(&fd, CMSG_DATA(CMSG_FIRSTHDR(&message)), sizeof fd);
	return fd;
}
