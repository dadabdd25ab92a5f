package io.epona.controller;

import java.io.Closeable;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/** The few things that the metadata log does with its file: the seam where tests make a device fail. */
interface MetadataFile extends Closeable {
    /** Opens a file for reading and writing, making it when absent. */
    @FunctionalInterface
    interface Opener {
        MetadataFile open(Path path) throws IOException;
    }

    long length() throws IOException;

    /** Reads the whole file. */
    ByteBuffer readAll() throws IOException;

    /** Writes all bytes that remain in the buffer. */
    void write(ByteBuffer source, long filePosition) throws IOException;

    void truncate(long length) throws IOException;

    /** Returns when all bytes written, and the length that finds them, are on the device (fdatasync). */
    void sync() throws IOException;

    /** A file of the operating system. */
    static MetadataFile open(Path path) throws IOException {
        FileChannel channel =
                FileChannel.open(path, StandardOpenOption.CREATE, StandardOpenOption.READ, StandardOpenOption.WRITE);
        return new ChannelFile(channel);
    }

    /** Plain {@link FileChannel}. */
    record ChannelFile(FileChannel channel) implements MetadataFile {
        @Override
        public long length() throws IOException {
            return channel.size();
        }

        @Override
        public ByteBuffer readAll() throws IOException {
            long length = channel.size();
            if (length > Integer.MAX_VALUE - 8) {
                throw new IOException("file is too long to be a metadata log: length=" + length);
            }
            ByteBuffer content = ByteBuffer.allocate((int) length);
            while (content.hasRemaining()) {
                if (channel.read(content, content.position()) < 0) {
                    throw new IOException("file became shorter while it was read: at=" + content.position());
                }
            }
            return content.flip();
        }

        @Override
        public void write(ByteBuffer source, long filePosition) throws IOException {
            long position = filePosition;
            while (source.hasRemaining()) {
                position += channel.write(source, position);
            }
        }

        @Override
        public void truncate(long length) throws IOException {
            channel.truncate(length);
        }

        @Override
        public void sync() throws IOException {
            channel.force(false);
        }

        @Override
        public void close() throws IOException {
            channel.close();
        }
    }
}
