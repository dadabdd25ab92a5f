package io.epona.controller;

import java.util.ArrayDeque;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.Executor;
import java.util.function.Supplier;

/**
 * Runs tasks one after another on an executor, each to its end (which may lie behind asynchronous work) before the next
 * begins. Any thread submits; everything else belongs to the executor's thread. Without a bound of its own: what it is
 * given is bounded by what may wait for an answer and by the pace of the control log.
 */
final class CommandQueue {
    private final Executor executor;
    private final ArrayDeque<Runnable> waiting = new ArrayDeque<>();
    private boolean running;

    CommandQueue(Executor executor) {
        this.executor = executor;
    }

    /**
     * Submits a task.
     *
     * @param task starts the work and returns its result to come; an exception out of it is the result too.
     * @return completes as the task's result does.
     * @throws java.util.concurrent.RejectedExecutionException when the executor takes nothing more.
     */
    <R> CompletableFuture<R> submit(Supplier<CompletableFuture<R>> task) {
        CompletableFuture<R> result = new CompletableFuture<>();
        executor.execute(() -> {
            waiting.add(() -> run(task, result));
            runNext();
        });
        return result;
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

    private <R> void run(Supplier<CompletableFuture<R>> task, CompletableFuture<R> result) {
        CompletableFuture<R> work;
        try {
            work = task.get();
        } catch (RuntimeException | Error e) {
            work = CompletableFuture.failedFuture(e);
        }
        work.whenComplete((value, error) -> {
            if (error == null) {
                result.complete(value);
            } else {
                result.completeExceptionally(error);
            }
            running = false;
            // not here and now: a long queue of tasks that complete at once would grow the stack
            executor.execute(this::runNext);
        });
    }
}
