// Dropout: y = x · mask · SCALE, with 1 / keep or 1 for SCALE. A unit is kept if its 16 random bits are below LIMIT.
//
// Source: Srivastava et al. 2014, 'Dropout'; the address of a unit's bits is in kernels/cpu/dropout.py.
// A thread has the 8 units of a Philox block, of a row of UNITS. Of every WIDTH units of a row, those from FIRST
// on lie in the arrays, MAPS of them: all, but where maps are shared out over devices.

#include "_some.cuh"

constexpr int UNITS_OF_BLOCK = 8;
constexpr bool WHOLE = FIRST == 0 && MAPS == WIDTH && UNITS % UNITS_OF_BLOCK == 0;  // blocks lie in one piece
constexpr Index BLOCKS = (UNITS + UNITS_OF_BLOCK - 1) / UNITS_OF_BLOCK;

__device__ inline bool is_kept(const unsigned (&words)[4], int unit) {
    return (words[unit / 2] >> (unit % 2 * 16) & 0xFFFF) < LIMIT;
}

extern "C" __global__ void forward(const T* x, const Index* counters, unsigned char* mask, T* y, Index rows,
                                   Index stream) {
    FOR_EACH(i, rows * BLOCKS) {
        Index row = i / BLOCKS, first = i % BLOCKS * UNITS_OF_BLOCK;
        uint4 bits = philox(counters[control::SEED], (unsigned)stream, counters[control::STEP],
                            counters[control::OFFSET] + row, (unsigned)(i % BLOCKS));
        unsigned words[4] = {bits.x, bits.y, bits.z, bits.w};
        if constexpr (WHOLE) {
            auto values = load_some<UNITS_OF_BLOCK>(x + row * UNITS + first, UNITS_OF_BLOCK);
            Pack<unsigned char, UNITS_OF_BLOCK> kept;
#pragma unroll
            for (int u = 0; u < UNITS_OF_BLOCK; ++u) {
                kept.values[u] = is_kept(words, u);
                values.values[u] = narrow<T>(wide(values.values[u]) * (kept.values[u] ? A(SCALE) : A(0)));
            }
            store_some<UNITS_OF_BLOCK>(mask + row * UNITS + first, kept, UNITS_OF_BLOCK);
            store_some<UNITS_OF_BLOCK>(y + row * UNITS + first, values, UNITS_OF_BLOCK);
            continue;
        }
#pragma unroll
        for (int u = 0; u < UNITS_OF_BLOCK; ++u) {
            Index unit = first + u;
            int map = (int)(unit % WIDTH) - FIRST;
            if (unit >= UNITS || map < 0 || map >= MAPS) continue;
            Index place = (row * (UNITS / WIDTH) + unit / WIDTH) * MAPS + map;
            bool kept = is_kept(words, u);
            mask[place] = kept;
            y[place] = narrow<T>(wide(x[place]) * (kept ? A(SCALE) : A(0)));
        }
    }
}

extern "C" __global__ void backward(const unsigned char* mask, const T* dy, T* dx, const T* gate, Index count,
                                    bool accumulate) {
    FOR_EACH(i, count) {
        bool passes = mask[i] && !(gate && !(wide(gate[i]) > 0));
        put(dx + i, wide(dy[i]) * (passes ? A(SCALE) : A(0)), accumulate);
    }
}
