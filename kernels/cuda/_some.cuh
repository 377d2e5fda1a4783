// Loads and stores of up to `most` values at once, fewer at the end of an array. ALIGNED says that the address is a
// multiple of the size of all, wherever there are so many.

#include "_common.cuh"

template <int most, bool ALIGNED = true, typename Value>
__device__ inline Pack<Value, most> load_some(const Value* from, int count) {
    if (ALIGNED && count == most) return *reinterpret_cast<const Pack<Value, most>*>(from);
    Pack<Value, most> values = {};
#pragma unroll
    for (int v = 0; v < most; ++v)
        if (v < count) values.values[v] = from[v];
    return values;
}

template <int most, bool ALIGNED = true, typename Value>
__device__ inline void store_some(Value* to, const Pack<Value, most>& values, int count) {
    if (ALIGNED && count == most) {
        *reinterpret_cast<Pack<Value, most>*>(to) = values;
        return;
    }
#pragma unroll
    for (int v = 0; v < most; ++v)
        if (v < count) to[v] = values.values[v];
}
