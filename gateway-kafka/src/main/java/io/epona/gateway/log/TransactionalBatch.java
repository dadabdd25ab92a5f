package io.epona.gateway.log;

import io.epona.codec.ControlBatchDescriptor;
import io.epona.codec.RecordBatchDescriptor;
import org.agrona.DirectBuffer;

/** What a batch has to do with a transaction. Used again for each batch; gateway thread only; allocates nothing. */
final class TransactionalBatch {
    private static final int FLAGS = RecordBatchDescriptor.TRANSACTIONAL_FLAG | RecordBatchDescriptor.CONTROL_FLAG;

    private long producerId;
    private boolean isMarker;
    private int markerType;

    /**
     * Reads a batch, which may be overwritten meanwhile: the caller finds that out afterwards.
     *
     * @return false when it has nothing to do with any transaction.
     */
    boolean read(final DirectBuffer buffer, final int offset, final int length) {
        if (length < RecordBatchDescriptor.BATCH_OVERHEAD) {
            return false;
        }
        final int attributes = RecordBatchDescriptor.attributes(buffer, offset);
        if ((attributes & FLAGS) == 0 || RecordBatchDescriptor.sizeInBytes(buffer, offset) != length) {
            return false;
        }
        producerId = RecordBatchDescriptor.producerId(buffer, offset);
        isMarker = (attributes & RecordBatchDescriptor.CONTROL_FLAG) != 0;
        markerType = isMarker ? ControlBatchDescriptor.type(buffer, offset) : ControlBatchDescriptor.TYPE_UNKNOWN;
        return producerId >= 0 && (!isMarker || markerType != ControlBatchDescriptor.TYPE_UNKNOWN);
    }

    void applyTo(final PartitionTransactions transactions, final long baseOffset) {
        if (isMarker) {
            transactions.onMarker(producerId, baseOffset, markerType == ControlBatchDescriptor.TYPE_ABORT);
        } else {
            transactions.onData(producerId, baseOffset);
        }
    }
}
