// What all kernels share: numbers, loops, sums in a fixed order, random numbers, and what steers a step.
//
// Nothing here uses atomics.

#include <cuda_bf16.h>

using T = STORED;  // not macros themselves: headers have a T of their own
using A = SUMMED;
using Index = long long;

// -------------------------------------------------------------------------------------------- numbers

__device__ inline float wide(float value) { return value; }
__device__ inline double wide(double value) { return value; }
__device__ inline float wide(__nv_bfloat16 value) { return __bfloat162float(value); }

template <typename To>
struct Narrow {
    template <typename From>
    static __device__ To from(From value) { return static_cast<To>(value); }
};
template <>
struct Narrow<__nv_bfloat16> {
    static __device__ __nv_bfloat16 from(float value) { return __float2bfloat16_rn(value); }
};

// Rounds to the type that numbers are stored in.
template <typename To, typename From>
__device__ inline To narrow(From value) { return Narrow<To>::from(value); }

// Writes a value, or adds it to what is there.
template <typename To, typename From>
__device__ inline void put(To* place, From value, bool accumulate) {
    *place = narrow<To>(accumulate ? wide(*place) + value : value);
}

// `count` values that are loaded and stored at once; the address must be a multiple of the largest power of two that
// their size is a multiple of.
template <typename Value, int count>
struct alignas(sizeof(Value) * count & -(sizeof(Value) * count)) Pack { Value values[count]; };

// Two bfloat16 as one word. The first is its lower half.
__device__ inline float first_of(unsigned pair) { return __uint_as_float(pair << 16); }
__device__ inline float second_of(unsigned pair) { return __uint_as_float(pair & 0xFFFF0000); }

// A pack's values as wide ones, and rounded again; bfloat16 by pairs, which takes half the instructions.
template <int count>
__device__ inline void widen(const Pack<T, count>& pack, A (&values)[count]) {
    if constexpr (sizeof(T) == 2 && count % 2 == 0) {
#pragma unroll
        for (int i = 0; i < count; i += 2) {
            unsigned pair = reinterpret_cast<const unsigned*>(pack.values)[i / 2];
            values[i] = first_of(pair);
            values[i + 1] = second_of(pair);
        }
    } else {
#pragma unroll
        for (int i = 0; i < count; ++i) values[i] = wide(pack.values[i]);
    }
}

template <int count>
__device__ inline Pack<T, count> narrowed(const A (&values)[count]) {
    Pack<T, count> pack;
    if constexpr (sizeof(T) == 2 && count % 2 == 0) {
#pragma unroll
        for (int i = 0; i < count; i += 2)
            reinterpret_cast<__nv_bfloat162*>(pack.values)[i / 2] = __floats2bfloat162_rn(values[i], values[i + 1]);
    } else {
#pragma unroll
        for (int i = 0; i < count; ++i) pack.values[i] = narrow<T>(values[i]);
    }
    return pack;
}

// ---------------------------------------------------------------------------------------------- loops

// The items that this thread works on, of all that the grid does.
#define FOR_EACH(i, count)                                                                  \
    for (Index i = blockIdx.x * (Index)blockDim.x + threadIdx.x; i < (Index)(count);        \
         i += gridDim.x * (Index)blockDim.x)

// ----------------------------------------------------------------------------------------------- sums

template <typename Value>
__device__ inline Value warp_sum(Value value) {
    for (int lanes = 16; lanes; lanes /= 2) value += __shfl_xor_sync(~0u, value, lanes);
    return value;
}

template <typename Value>
__device__ inline Value warp_max(Value value) {
    for (int lanes = 16; lanes; lanes /= 2) {
        Value other = __shfl_xor_sync(~0u, value, lanes);
        value = other > value ? other : value;
    }
    return value;
}

// The sum over a block of up to 1024 threads, whole warps, for all of its threads.
template <typename Value>
__device__ inline Value block_sum(Value value) {
    __shared__ Value sums[32];
    int warps = blockDim.x / 32;
    value = warp_sum(value);
    if (threadIdx.x % 32 == 0) sums[threadIdx.x / 32] = value;
    __syncthreads();
    value = warp_sum((int)(threadIdx.x % 32) < warps ? sums[threadIdx.x % 32] : Value(0));
    __syncthreads();
    return value;
}

// ------------------------------------------------------------------------------------- what steers a step

// How many of a kernel's rows, which begin at counters[OFFSET], hold an example.
__device__ inline Index valid_rows(const Index* counters, Index rows) {
    Index valid = counters[control::VALID] - counters[control::OFFSET];
    return valid < 0 ? 0 : valid < rows ? valid : rows;
}

// Whether this step updates the weights: not where it is told not to, nor once a loss was not finite.
__device__ inline bool updates(const Index* counters) {
    return counters[control::UPDATE] && counters[control::FIRST_BAD_STEP] == control::NO_BAD_STEP;
}

// Adds a batch's sums to a cost's metrics; one thread calls it. A loss that is not finite marks the step.
__device__ inline void add_sums(double* metrics, Index* counters, double loss, double errors, Index examples) {
    metrics[control::LOSS] += loss;
    metrics[control::ERRORS] += errors;
    metrics[control::EXAMPLES] += (double)examples;
    if (!isfinite(loss) && counters[control::FIRST_BAD_STEP] == control::NO_BAD_STEP)
        counters[control::FIRST_BAD_STEP] = counters[control::STEP];
}

// ------------------------------------------------------------------------------------- random numbers

// Philox4x32-10 as in kernels/philox.py: block `block` of (seed, stream, step, position).
// Source: Salmon, Moraes, Dror, Shaw 2011, 'Parallel random numbers: as easy as 1, 2, 3' (Random123).
__device__ inline uint4 philox(Index seed, unsigned stream, Index step, Index position, unsigned block) {
    uint4 words = make_uint4(block, (unsigned)position, (unsigned)step, stream);
    unsigned low = (unsigned)seed, high = (unsigned)(seed >> 32);
#pragma unroll
    for (int round = 0; round < 10; ++round) {
        unsigned first = __umulhi(0xD2511F53u, words.x), second = __umulhi(0xCD9E8D57u, words.z);
        words = make_uint4(second ^ words.y ^ low, 0xCD9E8D57u * words.z,
                           first ^ words.w ^ high, 0xD2511F53u * words.x);
        low += 0x9E3779B9u;
        high += 0xBB67AE85u;
    }
    return words;
}
