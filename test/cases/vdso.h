/* The functions of the vdso. */
#include <elf.h>
#include <sys/auxv.h>

/* Finds a vdso function in the current symbol table. */
static void *find(const char *name)
{
	char *base = (char *)getauxval(AT_SYSINFO_EHDR);
	Elf64_Ehdr *header = (Elf64_Ehdr *)base;
	Elf64_Phdr *segment = (Elf64_Phdr *)(base + header->e_phoff);
	Elf64_Sym *symbol = NULL;
	char *strings = NULL;
	for (int n = 0; n < header->e_phnum; n++) {
		if (segment[n].p_type != PT_DYNAMIC)
			continue;
		for (Elf64_Dyn *entry = (Elf64_Dyn *)(base + segment[n].p_offset); entry->d_tag != DT_NULL; entry++) {
			if (entry->d_tag == DT_SYMTAB)
				symbol = (Elf64_Sym *)(base + entry->d_un.d_ptr);
			if (entry->d_tag == DT_STRTAB)
				strings = base + entry->d_un.d_ptr;
		}
	}
	for (; symbol != NULL && (char *)symbol < strings; symbol++)
		if (strcmp(strings + symbol->st_name, name) == 0)
			return base + symbol->st_value;
	return NULL;
}
