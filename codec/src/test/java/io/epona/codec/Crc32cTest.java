package io.epona.codec;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Random;
import java.util.zip.CRC32C;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import org.agrona.DirectBuffer;
import org.agrona.ExpandableArrayBuffer;
import org.agrona.ExpandableDirectByteBuffer;
import org.agrona.MutableDirectBuffer;
import org.agrona.concurrent.UnsafeBuffer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** CRC-32C over every kind of buffer equals the JDK's, and checksums combine. */
class Crc32cTest {
    private static final int LENGTH = 5000;

    private final byte[] bytes = randomBytes(42, LENGTH);
    private final Crc32c crc32c = new Crc32c();

    @Test
    void shouldGiveKnownValueWhenCheckStringIsComputed() {
        assertEquals(
                0xE3069283, crc32c.compute("123456789".getBytes(java.nio.charset.StandardCharsets.US_ASCII), 0, 9));
        assertEquals(0, crc32c.compute(new UnsafeBuffer(bytes), 0, 0));
    }

    @Test
    void shouldEqualJdkWhenBufferWrapsArray() {
        assertEqualsJdk(new UnsafeBuffer(bytes), 0);
        assertEqualsJdk(new UnsafeBuffer(bytes, 100, LENGTH - 200), 100);
        final MutableDirectBuffer expandable = new ExpandableArrayBuffer(16);
        expandable.putBytes(0, bytes);
        assertEqualsJdk(expandable, 0);
    }

    @Test
    void shouldEqualJdkWhenBufferWrapsHeapByteBuffer() {
        assertEqualsJdk(new UnsafeBuffer(ByteBuffer.wrap(bytes)), 0);
        assertEqualsJdk(new UnsafeBuffer(ByteBuffer.wrap(bytes), 300, 1000), 300);
        final ByteBuffer slice = ByteBuffer.wrap(bytes).slice(77, 4000);
        assertEqualsJdk(new UnsafeBuffer(slice), 77);
        assertEqualsJdk(new UnsafeBuffer(slice, 11, 3000), 88);
    }

    @Test
    void shouldEqualJdkWhenBufferWrapsDirectByteBuffer() {
        final ByteBuffer direct = ByteBuffer.allocateDirect(LENGTH).put(bytes).clear();
        assertEqualsJdk(new UnsafeBuffer(direct), 0);
        assertEqualsJdk(new UnsafeBuffer(direct, 300, 1000), 300);
        final ByteBuffer slice = direct.slice(77, 4000);
        assertEqualsJdk(new UnsafeBuffer(slice), 77);
        assertEqualsJdk(new UnsafeBuffer(slice, 11, 3000), 88);
        assertEqualsJdk(new UnsafeBuffer(new UnsafeBuffer(direct, 5, 4000), 6, 3000), 11);
        final MutableDirectBuffer expandable = new ExpandableDirectByteBuffer(16);
        expandable.putBytes(0, bytes);
        assertEqualsJdk(expandable, 0);
    }

    @Test
    void shouldEqualJdkWhenBufferWrapsAddress() {
        final ByteBuffer direct = ByteBuffer.allocateDirect(LENGTH).put(bytes).clear();
        final long address = new UnsafeBuffer(direct).addressOffset();
        assertEqualsJdk(new UnsafeBuffer(address + 9, 4000), 9);
        assertEquals(LENGTH, direct.capacity()); // keeps the memory reachable
    }

    @Test
    void shouldEqualJdkWhenBufferWrapsMappedFile(@TempDir final Path directory) throws IOException {
        final Path file = directory.resolve("mapped");
        Files.write(file, bytes);
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ)) {
            assertEqualsJdk(new UnsafeBuffer(channel.map(FileChannel.MapMode.READ_ONLY, 0, LENGTH)), 0);
            assertEqualsJdk(new UnsafeBuffer(channel.map(FileChannel.MapMode.READ_ONLY, 64, 4000)), 64);
        }
    }

    @Property(tries = 100)
    void shouldEqualJdkWhenPartsLieInManyWindows(
            @ForAll @IntRange(min = 3, max = 12) final int windowBits,
            @ForAll @IntRange(max = LENGTH) final int from,
            @ForAll @IntRange(max = LENGTH) final int to) {
        final ByteBuffer direct = ByteBuffer.allocateDirect(LENGTH).put(bytes).clear();
        final int offset = Math.min(from, to);
        final int length = Math.max(from, to) - offset;
        assertEquals(
                jdk(bytes, offset, length), new Crc32c(windowBits).compute(new UnsafeBuffer(direct), offset, length));
    }

    @Test
    void shouldEqualWholeWhenTwoPartsAreComputed() {
        final UnsafeBuffer buffer =
                new UnsafeBuffer(ByteBuffer.allocateDirect(LENGTH).put(bytes).clear());
        assertEquals(
                jdk(bytes, 10, 3000), crc32c.compute(buffer, 10, 1000, new UnsafeBuffer(bytes, 1010, 2000), 0, 2000));
    }

    @Test
    void shouldThrowWhenPartIsOutsideBuffer() {
        final UnsafeBuffer buffer = new UnsafeBuffer(bytes, 0, 100);
        assertThrows(IndexOutOfBoundsException.class, () -> crc32c.compute(buffer, 0, 101));
        assertThrows(IndexOutOfBoundsException.class, () -> crc32c.compute(buffer, -1, 1));
        assertThrows(IndexOutOfBoundsException.class, () -> crc32c.compute(buffer, 0, -1));
        assertThrows(IllegalArgumentException.class, () -> Crc32c.combine(1, 2, -1));
    }

    @Property(tries = 2000)
    void shouldEqualWholeWhenChecksumsAreCombined(
            @ForAll final long seed,
            @ForAll @IntRange(max = 3000) final int lengthA,
            @ForAll @IntRange(max = 300_000) final int lengthB) {
        final byte[] whole = randomBytes(seed, lengthA + lengthB);
        final int combined = Crc32c.combine(jdk(whole, 0, lengthA), jdk(whole, lengthA, lengthB), lengthB);
        assertEquals(jdk(whole, 0, whole.length), combined);
    }

    @Test
    void shouldEqualStepwiseCombinationWhenLengthIsLargest() {
        // No buffer of 2 GiB: appending Integer.MAX_VALUE bytes is appending 2^30, then the rest.
        final int zeros = 1 << 30;
        final int once = Crc32c.combine(0x12345678, 0, Integer.MAX_VALUE);
        final int twice = Crc32c.combine(Crc32c.combine(0x12345678, 0, zeros), 0, Integer.MAX_VALUE - zeros);
        assertEquals(once, twice);
    }

    private void assertEqualsJdk(final DirectBuffer buffer, final int start) {
        final int capacity = Math.min(buffer.capacity(), LENGTH - start);
        assertEquals(jdk(bytes, start, capacity), crc32c.compute(buffer, 0, capacity));
        assertEquals(jdk(bytes, start + 13, capacity - 20), crc32c.compute(buffer, 13, capacity - 20));
        assertEquals(jdk(bytes, start + capacity - 1, 1), crc32c.compute(buffer, capacity - 1, 1));
    }

    private static int jdk(final byte[] source, final int offset, final int length) {
        final CRC32C crc = new CRC32C();
        crc.update(source, offset, length);
        return (int) crc.getValue();
    }

    private static byte[] randomBytes(final long seed, final int length) {
        final byte[] result = new byte[length];
        new Random(seed).nextBytes(result);
        return result;
    }
}
