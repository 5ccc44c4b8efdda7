import { ByteWriter } from "../bytes/byte-writer.ts";
import { writeBox, writeZeros } from "./write-box.ts";

/** A VisualSampleEntry around the boxes of its codec. ISO/IEC 14496-12 section 12.1.3. */
export function encodeVisualEntry(
  type: string,
  width: number,
  height: number,
  writeBoxes: (writer: ByteWriter) => void,
): Uint8Array {
  const writer = new ByteWriter(256);
  writeBox(writer, type, () => {
    writeZeros(writer, 6);
    writer.u16(1); // data_reference_index
    writeZeros(writer, 16);
    writer.u16(width);
    writer.u16(height);
    writer.u32(0x480000); // 72 dpi
    writer.u32(0x480000);
    writeZeros(writer, 4);
    writer.u16(1); // frame_count
    writeZeros(writer, 32); // compressorname
    writer.u16(0x18); // depth: colour without alpha
    writer.u16(0xffff);
    writeBoxes(writer);
  });
  return writer.take();
}

/** An AudioSampleEntry around the boxes of its codec. ISO/IEC 14496-12 section 12.2.3. */
export function encodeAudioEntry(
  type: string,
  channels: number,
  sampleRate: number,
  bitsPerSample: number,
  writeBoxes: (writer: ByteWriter) => void,
): Uint8Array {
  const writer = new ByteWriter(128);
  writeBox(writer, type, () => {
    writeZeros(writer, 6);
    writer.u16(1); // data_reference_index
    writeZeros(writer, 8);
    writer.u16(channels);
    writer.u16(bitsPerSample);
    writeZeros(writer, 4);
    // 16.16 bits: a rate that does not fit is told by the codec's own box.
    writer.u32(sampleRate > 0xffff ? 0 : sampleRate * 0x10000);
    writeBoxes(writer);
  });
  return writer.take();
}
