package io.epona.gateway.fetch;

import io.epona.partitionlog.LogRead;
import io.netty.channel.DefaultFileRegion;

/** Sends a piece of a partition log's file without copying it, and gives the log back afterwards. */
final class LogFileRegion extends DefaultFileRegion {
    private final LogRead read;

    LogFileRegion(final LogRead read) {
        super(read.channel(), read.filePosition(), read.length());
        this.read = read;
    }

    @Override
    protected void deallocate() {
        // Not the file: it belongs to the log.
        read.close();
    }
}
