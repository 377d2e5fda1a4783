// Instructions of tensor cores, and those that feed them.
//
// Source: PTX ISA, mma.m16n8k16, ldmatrix and cp.async.

#include "_common.cuh"

namespace tensor {

__device__ inline unsigned shared_address(const void* place) { return (unsigned)__cvta_generic_to_shared(place); }

// Copies a chunk to shared memory while the thread goes on; zeros if `source` is null.
__device__ inline void copy_chunk(void* place, const void* source, const void* anything) {
    asm volatile("cp.async.ca.shared.global [%0], [%1], 16, %2;"
                 ::"r"(shared_address(place)), "l"(source ? source : anything), "r"(source ? 16 : 0) : "memory");
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

}  // namespace tensor
