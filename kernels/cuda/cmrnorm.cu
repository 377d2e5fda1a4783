// Response normalisation across maps.
//
//     y[f] = x[f] · d[f]^−POWER,    d[f] = MINIMUM + SHARE · Σ_g x[g]²
//     dx[f] = dy[f] · d[f]^−POWER − 2 · POWER · SHARE · x[f] · Σ_g dy[g] · x[g] · d[g]^(−POWER − 1)
//
// with g over the SIZE maps from f − ⌊SIZE/2⌋ on (forward), over those whose window holds f (backward), or,
// if BLOCKED, over the block of f; clipped to the C maps. SHARE = scale / SIZE.
//
// Source: cuda-convnet, layer type cmrnorm; Krizhevsky, Sutskever, Hinton 2012, section 3.3.
// A thread has V maps of a pixel, and loads as many on either side as it needs. The denominators are computed
// again for the gradient: that is faster than to load them.

#include "_pictures.cuh"
#include "_power.cuh"

constexpr int LEFT = SIZE / 2, RIGHT = SIZE - 1 - LEFT;    // maps on either side that one sees
constexpr int SIDE = (2 * SIZE - 2 + V - 1) / V;           // groups on either side that a gradient depends on
constexpr int SPAN = (2 * SIDE + 1) * V, OWN = SIDE * V;   // what a thread loads, and where its own maps begin

// The maps around a group; there are zeros outside of the picture.
__device__ inline void load_span(const T* pixel, int channel, A (&span)[SPAN]) {
#pragma unroll
    for (int group = 0; group < 2 * SIDE + 1; ++group) {
        int first = channel + (group - SIDE) * V;
        Group values;
        if (first >= 0 && first < C) values = pack_at(pixel, first);
#pragma unroll
        for (int v = 0; v < V; ++v) span[group * V + v] = first >= 0 && first < C ? wide(values.values[v]) : A(0);
    }
}

// Whether map `other` is among those that `map` sees.
__device__ inline bool sees(int map, int other) {
    return BLOCKED ? map / SIZE == other / SIZE : other >= map - LEFT && other <= map + RIGHT;
}

// The denominator of the map at place `at` of a span that begins with map `first`.
__device__ inline A denominator(const A (&span)[SPAN], int at, int first) {
    A sum = 0;
#pragma unroll
    for (int other = BLOCKED ? 1 - SIZE : -LEFT; other <= (BLOCKED ? SIZE - 1 : RIGHT); ++other)
        if (sees(first + at, first + at + other)) sum += span[at + other] * span[at + other];
    return A(MINIMUM) + A(SHARE) * sum;
}

extern "C" __global__ void forward(const T* x, T* denominators, T* y, Index groups) {
    FOR_EACH(i, groups) {
        int channel = (i <= 0xFFFFFFFF ? (int)((unsigned)i % (C / V)) : (int)(i % (C / V))) * V;
        A span[SPAN], bases[V], responses[V];
        load_span(x + (i * V - channel), channel, span);
#pragma unroll
        for (int v = 0; v < V; ++v) {
            bases[v] = denominator(span, OWN + v, channel - OWN);
            responses[v] = span[OWN + v] * to_power(bases[v], A(-POWER));
        }
        if (denominators) put_pack(denominators + i * V, bases, false);
        put_pack(y + i * V, responses, false);
    }
}

extern "C" __global__ void backward(const T* x, const T* dy, T* dx, const T* gate, Index groups, bool accumulate) {
    constexpr int REACH = SIZE - 1;
    FOR_EACH(i, groups) {
        int channel = (i <= 0xFFFFFFFF ? (int)((unsigned)i % (C / V)) : (int)(i % (C / V))) * V;
        A span[SPAN], gradients[SPAN], pulls[V + 2 * REACH], results[V];
        load_span(x + (i * V - channel), channel, span);
        load_span(dy + (i * V - channel), channel, gradients);
#pragma unroll
        for (int g = 0; g < V + 2 * REACH; ++g) {
            int at = OWN - REACH + g, map = channel - REACH + g;
            A base = denominator(span, at, channel - OWN), power = to_power(base, A(-POWER - 1));
            pulls[g] = map >= 0 && map < C ? gradients[at] * span[at] * power : A(0);
            if (g >= REACH && g < REACH + V) results[g - REACH] = gradients[at] * power * base;
        }
#pragma unroll
        for (int v = 0; v < V; ++v) {
            A sum = 0;
#pragma unroll
            for (int g = 0; g < 2 * SIZE - 1; ++g)
                if (sees(channel + v - REACH + g, channel + v)) sum += pulls[v + g];
            results[v] -= A(2 * POWER * SHARE) * span[OWN + v] * sum;
        }
        put_gated(dx, i * V, results, accumulate, gate);
    }
}
