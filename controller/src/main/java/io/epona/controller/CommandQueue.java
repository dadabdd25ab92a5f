package io.epona.controller;

import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.concurrent.RejectedExecutionException;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Supplier;
import org.apache.kafka.common.errors.ThrottlingQuotaExceededException;

/**
 * Runs commands one after another on an executor, each to its end (which may lie behind asynchronous work) before the
 * next begins. Any thread submits; everything else belongs to the executor's thread.
 */
final class CommandQueue {
    private final Executor executor;
    private final AtomicInteger waitingCount = new AtomicInteger();
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private boolean running;

    CommandQueue(Executor executor) {
        this.executor = executor;
    }

    /**
     * Submits a command.
     *
     * @param command starts the work and returns its result to come; an exception out of it is the result too.
     * @return completes as the command's result does; exceptionally when too many commands wait.
     */
    <R> CompletableFuture<R> submit(Supplier<CompletableFuture<R>> command) {
        CompletableFuture<R> result = new CompletableFuture<>();
        if (waitingCount.incrementAndGet() > ControllerLimits.MAX_WAITING_COMMANDS) {
            waitingCount.decrementAndGet();
            result.completeExceptionally(
                    new ThrottlingQuotaExceededException("The controller has too many commands waiting: limit="
                            + ControllerLimits.MAX_WAITING_COMMANDS + "; try again later"));
            return result;
        }
        enqueue(command, result);
        return result;
    }

    /** Submits the command that ends the controller: it is taken however many wait. */
    <R> CompletableFuture<R> submitLast(Supplier<CompletableFuture<R>> command) {
        CompletableFuture<R> result = new CompletableFuture<>();
        waitingCount.incrementAndGet();
        enqueue(command, result);
        return result;
    }

    private <R> void enqueue(Supplier<CompletableFuture<R>> command, CompletableFuture<R> result) {
        try {
            executor.execute(() -> {
                waiting.add(() -> run(command, result));
                runNext();
            });
        } catch (RejectedExecutionException e) {
            waitingCount.decrementAndGet();
            result.completeExceptionally(e);
        }
    }

    private void runNext() {
        if (running) {
            return;
        }
        Runnable next = waiting.poll();
        if (next != null) {
            running = true;
            next.run();
        }
    }

    private <R> void run(Supplier<CompletableFuture<R>> command, CompletableFuture<R> result) {
        CompletableFuture<R> work;
        try {
            work = command.get();
        } catch (RuntimeException | Error e) {
            work = CompletableFuture.failedFuture(e);
        }
        work.whenComplete((value, error) -> {
            if (error == null) {
                result.complete(value);
            } else {
                result.completeExceptionally(error);
            }
            waitingCount.decrementAndGet();
            running = false;
            // not here and now: a long queue of commands that complete at once would grow the stack
            executor.execute(this::runNext);
        });
    }
}
