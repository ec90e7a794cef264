/* A process with an entry in its local descriptor table (LDT). */
#include "../../cases/case.h"
#include <asm/ldt.h>
#include <sys/syscall.h>

int main(void)
{
	struct user_desc entry = { .entry_number = 3, .limit = 0xfffff, .seg_32bit = 1, .limit_in_pages = 1, .useable = 1 };
	MUST(syscall(SYS_modify_ldt, 1, &entry, sizeof entry) == 0);
	wait_for_restore();
	char table[4 * 8] = { 0 };
	CHECK(syscall(SYS_modify_ldt, 0, table, sizeof table) == sizeof table, "the table is gone");
	return finish();
}
