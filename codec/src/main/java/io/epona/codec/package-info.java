/**
 * Every byte layout of Epona: frames of a lane's log, Kafka v2 record batches, CRC-32C, and (in sub-packages, generated
 * from the SBE schemas) lane commands and replies, checkpoints, the metadata log and the order flow events.
 *
 * <p>Three kinds of classes: a {@code Descriptor} holds offsets and static accessors of one layout; an {@code Encoder}
 * writes it; a {@code Validator} judges bytes that came from outside (a device, the network) and answers with a result
 * that says what the caller must do now. Encoders and validators belong to one thread each and allocate nothing once
 * constructed. Frames are little-endian, record batches big-endian as Kafka has them.
 */
package io.epona.codec;
