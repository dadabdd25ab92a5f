package io.epona.controller.cluster;

import java.io.IOException;
import java.nio.MappedByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import org.agrona.IoUtil;
import org.agrona.concurrent.UnsafeBuffer;

/** Takes space on the device for files that Aeron maps and that have holes. Stateless. */
final class MappedPages {
    private static final int PAGE_LENGTH = 4_096;

    private MappedPages() {}

    /**
     * Takes space for a whole file, others writing to it meanwhile.
     *
     * @throws ClusterLogException when there is none.
     */
    static void take(Path file) {
        if (!Files.exists(file)) {
            return;
        }
        try (FileChannel channel = FileChannel.open(file, StandardOpenOption.READ, StandardOpenOption.WRITE)) {
            MappedByteBuffer mapped = channel.map(FileChannel.MapMode.READ_WRITE, 0, channel.size());
            UnsafeBuffer buffer = new UnsafeBuffer(mapped);
            for (int offset = 0; offset < buffer.capacity(); offset += PAGE_LENGTH) {
                buffer.getAndAddInt(offset, 0);
            }
            IoUtil.unmap(mapped);
        } catch (IOException | InternalError e) {
            throw new ClusterLogException("no space for the metadata: No space left on device: file=" + file, e);
        }
    }
}
