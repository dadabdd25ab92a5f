package io.epona.controller;

import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.KafkaStorageException;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Publishes images one after another: lanes learn of new partitions before anybody else, and of closed ones after. Any
 * thread hands images over and reads the newest; the rest happens on the controller's thread.
 */
final class ImagePublisher {
    private static final Logger LOG = LoggerFactory.getLogger(ImagePublisher.class);

    private final ControllerContext context;
    private final CommandQueue queue;
    private final List<ClusterListener> listeners = new CopyOnWriteArrayList<>();
    private volatile ClusterImage image;
    private volatile Throwable failure;
    private PartitionActivator activator = PartitionActivator.NONE;

    ImagePublisher(ControllerContext context, ClusterImage image) {
        this.context = context;
        this.queue = new CommandQueue(context.executor());
        this.image = image;
    }

    ClusterImage image() {
        return image;
    }

    void addListener(ClusterListener listener) {
        listeners.add(listener);
    }

    /**
     * From here on lanes follow the images.
     *
     * @param known the image whose partitions they have: what has come since is activated first.
     */
    CompletableFuture<Void> activateWith(PartitionActivator partitionActivator, ClusterImage known) {
        return queue.submit(() -> {
            activator = partitionActivator;
            return PartitionChanges.between(known, image).isEmpty() ? done() : activate(known, image);
        });
    }

    /** Runs a task when all images that were handed over before are published. */
    <R> CompletableFuture<R> afterwards(Supplier<CompletableFuture<R>> task) {
        return queue.submit(task);
    }

    /** Publishes the next image. */
    CompletableFuture<Void> publish(ClusterImage now) {
        return queue.submit(() -> publishNext(now));
    }

    /** Why nothing more is decided or published; null while all is well. */
    Throwable failure() {
        return failure;
    }

    /** From here on nothing more is decided: what is durable and what the image says may differ. */
    synchronized KafkaStorageException fail(Throwable cause) {
        if (failure == null) {
            failure = cause;
            LOG.error("metadata can no longer be changed or followed", cause);
            context.fatalHandler().accept(cause);
        }
        return asFailure(cause);
    }

    static KafkaStorageException asFailure(Throwable cause) {
        return new KafkaStorageException("The metadata log failed: " + cause.getMessage(), cause);
    }

    private CompletableFuture<Void> publishNext(ClusterImage now) {
        if (failure != null) {
            return CompletableFuture.failedFuture(asFailure(failure));
        }
        ClusterImage old = image;
        PartitionChanges changes = PartitionChanges.between(old, now);
        if (changes.isEmpty()) {
            show(old, now);
            return done();
        }
        if (changes.closed().isEmpty()) {
            return activate(old, now).thenRun(() -> show(old, now));
        }
        show(old, now);
        return activate(old, now);
    }

    private CompletableFuture<Void> activate(ClusterImage old, ClusterImage now) {
        CompletableFuture<Void> activated;
        try {
            activated = activator.activate(old, now).toCompletableFuture();
        } catch (RuntimeException e) {
            throw fail(e);
        }
        if (activated.isDone() && !activated.isCompletedExceptionally()) {
            return activated;
        }
        return activated.handleAsync(
                (done, error) -> {
                    if (error != null) {
                        throw new CompletionException(fail(error));
                    }
                    return null;
                },
                context.executor());
    }

    private void show(ClusterImage old, ClusterImage now) {
        image = now;
        for (ClusterListener listener : listeners) {
            try {
                listener.onImage(old, now);
            } catch (RuntimeException e) {
                throw fail(e);
            }
        }
    }

    private static CompletableFuture<Void> done() {
        return CompletableFuture.completedFuture(null);
    }
}
