#include "lib/image/elffile.h"

#include <elf.h>
#include <errno.h>
#include <string.h>
#include <unistd.h>

#define SEGMENTS_MAX   256
#define DYNAMIC_MAX    4096 /* entries */
#define TEXT_BYTES_MAX 4096
#define NEEDED_MAX     512

#if __BYTE_ORDER__ == __ORDER_LITTLE_ENDIAN__
#define OUR_DATA ELFDATA2LSB
#else
#define OUR_DATA ELFDATA2MSB
#endif

struct reading {
    int fd;
    Elf64_Phdr segments[SEGMENTS_MAX];
    size_t n_segments;
    Elf64_Dyn dynamic[DYNAMIC_MAX];
    size_t n_dynamic;
};

void elf_done(struct elf *e)
{
    free(e->interpreter);
    bd_strv_done(&e->needed);
    bd_strv_done(&e->paths);
    *e = (struct elf){0};
}

/* All of these bytes, or false. */
static bool read_at(int fd, uint64_t offset, void *to, size_t bytes)
{
    size_t done = 0;
    if (offset > INT64_MAX - bytes)
        return false;
    while (done < bytes) {
        ssize_t n = pread(fd, (char *)to + done, bytes - done, (off_t)(offset + done));
        if (n < 0 && errno == EINTR)
            continue;
        if (n <= 0)
            return false;
        done += (size_t)n;
    }
    return true;
}

static bool is_ours(const Elf64_Ehdr *h)
{
    return memcmp(h->e_ident, ELFMAG, SELFMAG) == 0 && h->e_ident[EI_CLASS] == ELFCLASS64 &&
           h->e_ident[EI_DATA] == OUR_DATA && (h->e_type == ET_EXEC || h->e_type == ET_DYN);
}

static bool read_segments(struct reading *r, const Elf64_Ehdr *h)
{
    if (h->e_phnum > SEGMENTS_MAX || (h->e_phnum && h->e_phentsize != sizeof(Elf64_Phdr)))
        return false;
    r->n_segments = h->e_phnum;
    return read_at(r->fd, h->e_phoff, r->segments, r->n_segments * sizeof(Elf64_Phdr));
}

static const Elf64_Phdr *find_segment(const struct reading *r, uint32_t type)
{
    for (size_t i = 0; i < r->n_segments; i++)
        if (r->segments[i].p_type == type)
            return &r->segments[i];
    return NULL;
}

/* Where in the file that is which is loaded at the address; false: nowhere. */
static bool offset_of(const struct reading *r, uint64_t address, uint64_t *ret_offset)
{
    for (size_t i = 0; i < r->n_segments; i++) {
        const Elf64_Phdr *s = &r->segments[i];
        if (s->p_type != PT_LOAD || address < s->p_vaddr || address - s->p_vaddr >= s->p_filesz)
            continue;
        *ret_offset = s->p_offset + (address - s->p_vaddr);
        return *ret_offset >= s->p_offset;
    }
    return false;
}

/* Text that ends with a NUL; NULL where there is none. The caller's. */
static char *text_at(const struct reading *r, uint64_t offset)
{
    char text[TEXT_BYTES_MAX];
    ssize_t n =
        offset > INT64_MAX - TEXT_BYTES_MAX ? -1 : pread(r->fd, text, sizeof(text), (off_t)offset);
    if (n <= 0 || !memchr(text, '\0', (size_t)n))
        return NULL;
    return bd_xstrdup(text);
}

static bool read_dynamic(struct reading *r)
{
    const Elf64_Phdr *s = find_segment(r, PT_DYNAMIC);
    if (!s)
        return true; /* static */
    size_t n = s->p_filesz / sizeof(Elf64_Dyn);
    if (n > DYNAMIC_MAX || !read_at(r->fd, s->p_offset, r->dynamic, n * sizeof(Elf64_Dyn)))
        return false;
    while (r->n_dynamic < n && r->dynamic[r->n_dynamic].d_tag != DT_NULL)
        r->n_dynamic++;
    return true;
}

static const Elf64_Dyn *find_dynamic(const struct reading *r, int64_t tag)
{
    for (size_t i = 0; i < r->n_dynamic; i++)
        if (r->dynamic[i].d_tag == tag)
            return &r->dynamic[i];
    return NULL;
}

static char *string_at(const struct reading *r, uint64_t table, uint64_t index)
{
    uint64_t offset;
    if (index > UINT64_MAX - table || !offset_of(r, table + index, &offset))
        return NULL;
    return text_at(r, offset);
}

static bool add_paths(struct elf *e, char *list)
{
    char *rest = list;
    for (char *path; list && (path = strsep(&rest, ":"));)
        if (*path)
            bd_strv_add(&e->paths, path);
    return list != NULL;
}

static bool read_names(const struct reading *r, struct elf *e)
{
    const Elf64_Dyn *table = find_dynamic(r, DT_STRTAB), *paths = find_dynamic(r, DT_RUNPATH);
    if (!paths)
        paths = find_dynamic(r, DT_RPATH);
    for (size_t i = 0; i < r->n_dynamic; i++) {
        if (r->dynamic[i].d_tag != DT_NEEDED)
            continue;
        char *name = table ? string_at(r, table->d_un.d_ptr, r->dynamic[i].d_un.d_val) : NULL;
        if (!name || e->needed.n >= NEEDED_MAX) {
            free(name);
            return false;
        }
        bd_strv_take(&e->needed, name);
    }
    if (!paths)
        return true;
    bd_auto_free char *list = table ? string_at(r, table->d_un.d_ptr, paths->d_un.d_val) : NULL;
    return add_paths(e, list);
}

static bool read_interpreter(const struct reading *r, struct elf *e)
{
    const Elf64_Phdr *s = find_segment(r, PT_INTERP);
    if (s)
        e->interpreter = text_at(r, s->p_offset);
    return !s || e->interpreter;
}

int elf_read(int fd, struct elf *ret_elf, struct bd_err *err)
{
    Elf64_Ehdr header;
    if (!read_at(fd, 0, &header, sizeof(header)) || !is_ours(&header))
        return 0;
    bd_auto_free struct reading *r = bd_new(struct reading);
    struct elf e = {.machine = header.e_machine};
    r->fd = fd;
    if (!read_segments(r, &header) || !read_dynamic(r) || !read_names(r, &e) ||
        !read_interpreter(r, &e)) {
        elf_done(&e);
        return bd_err_set(err, BD_ECORRUPT,
                          "it begins like a program or a library, but what it says of itself makes "
                          "no sense");
    }
    *ret_elf = e;
    return 1;
}
