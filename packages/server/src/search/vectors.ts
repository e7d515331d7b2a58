const SCALE_BYTES = 4;
const MAX_INT8 = 127;

/** A vector of length 1 in a quarter of its size: a float4 scale, then one int8 for each dimension. */
export function packVector(vector: Float32Array): Buffer {
  const unit = unitVector(vector);
  const largest = unit.reduce((most, value) => Math.max(most, Math.abs(value)), 0) || 1;
  const packed = Buffer.alloc(SCALE_BYTES + unit.length);
  packed.writeFloatLE(largest / MAX_INT8, 0);
  for (const [index, value] of unit.entries()) {
    packed.writeInt8(Math.round((value / largest) * MAX_INT8), SCALE_BYTES + index);
  }
  return packed;
}

/** The vector with length 1. */
export function unitVector(vector: Float32Array): Float32Array {
  let squares = 0;
  for (const value of vector) squares += value * value;
  const length = Math.sqrt(squares) || 1;
  return vector.map((value) => value / length);
}

/** A packed vector as its scale and its int8 values. */
export interface PackedVector {
  readonly scale: number;
  readonly values: Int8Array;
}

export function readPacked(packed: Buffer): PackedVector {
  // A copy: the row's buffer may be part of a much larger one.
  const values = Int8Array.from(packed.subarray(SCALE_BYTES), (byte) => (byte << 24) >> 24);
  return { scale: packed.readFloatLE(0), values };
}

/** Cosine of the angle between a packed vector and one of length 1; 0 when they are of different models. */
export function similarity({ scale, values }: PackedVector, unit: Float32Array): number {
  if (values.length !== unit.length) return 0;
  let sum = 0;
  for (let index = 0; index < values.length; index++) sum += (values[index] ?? 0) * (unit[index] ?? 0);
  return sum * scale;
}
