// Instructions of tensor cores, and those that feed them.
//
// Source: PTX ISA, mma.m16n8k16, ldmatrix and cp.async.

#include "_common.cuh"

namespace tensor {

__device__ inline unsigned shared_address(const void* place) { return (unsigned)__cvta_generic_to_shared(place); }

// Copies 4, 8 or 16 bytes to shared memory while the thread goes on; zeros, and nothing is read, if they are not `there`.
template <int bytes>
__device__ inline void copy(void* place, const void* source, bool there) {
    asm volatile("cp.async.ca.shared.global [%0], [%1], %3, %2;"
                 ::"r"(shared_address(place)), "l"(source), "r"(there ? bytes : 0), "n"(bytes) : "memory");
}

// Copies a chunk; zeros if `source` is null.
__device__ inline void copy_chunk(void* place, const void* source, const void* anything) {
    copy<16>(place, source ? source : anything, source);
}

// Ends a group of copies.
__device__ inline void commit() { asm volatile("cp.async.commit_group;" ::: "memory"); }

// Waits until all of the thread's groups but the last `groups` are there.
template <int groups>
__device__ inline void wait_for_all_but() {
    asm volatile("cp.async.wait_group %0;" ::"n"(groups) : "memory");
}

__device__ inline void load_4(unsigned (&to)[4], const T* place) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3]) : "r"(shared_address(place)) : "memory");
}

__device__ inline void load_4_transposed(unsigned (&to)[4], const T* place) {
    asm volatile("ldmatrix.sync.aligned.m8n8.x4.trans.shared.b16 {%0, %1, %2, %3}, [%4];"
                 : "=r"(to[0]), "=r"(to[1]), "=r"(to[2]), "=r"(to[3]) : "r"(shared_address(place)) : "memory");
}

__device__ inline void multiply(float (&sums)[4], const unsigned (&a)[4], unsigned b0, unsigned b1) {
    asm volatile("mma.sync.aligned.m16n8k16.row.col.f32.bf16.bf16.f32 {%0, %1, %2, %3}, {%4, %5, %6, %7}, "
                 "{%8, %9}, {%0, %1, %2, %3};"
                 : "+f"(sums[0]), "+f"(sums[1]), "+f"(sums[2]), "+f"(sums[3])
                 : "r"(a[0]), "r"(a[1]), "r"(a[2]), "r"(a[3]), "r"(b0), "r"(b1));
}

struct __align__(8) Two {
    float x, y;
};

// Lanes that differ in `bit` swap: the one without it gets the other's `mine` for its `yours`.
__device__ inline void exchange(Two& mine, Two& yours, int bit) {
    bool high = threadIdx.x & bit;
    Two given = high ? mine : yours;
    Two got = {__shfl_xor_sync(~0u, given.x, bit), __shfl_xor_sync(~0u, given.y, bit)};
    if (high)
        mine = got;
    else
        yours = got;
}

// Of each 8 columns of 32, a lane has 2, in two rows that are 8 apart. For one of them, it swaps with three others for
// all 8 of one in four: those from lane % 4 · 8 on.
template <typename Run>
__device__ inline void gather_run(const float (&sums)[4][4], int half, Run& run) {
    Two pairs[4];
#pragma unroll
    for (int j = 0; j < 4; ++j) pairs[j] = {sums[j][half * 2], sums[j][half * 2 + 1]};
    exchange(pairs[0], pairs[1], 1);
    exchange(pairs[2], pairs[3], 1);
    exchange(pairs[0], pairs[2], 2);
    exchange(pairs[1], pairs[3], 2);
#pragma unroll
    for (int j = 0; j < 4; ++j) {
        run[2 * j] = pairs[j].x;
        run[2 * j + 1] = pairs[j].y;
    }
}

}  // namespace tensor
