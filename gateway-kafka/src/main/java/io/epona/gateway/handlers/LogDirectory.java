package io.epona.gateway.handlers;

import java.nio.file.Path;
import java.util.function.IntToLongFunction;

/**
 * The directory of the partition logs.
 *
 * @param path where it is.
 * @param sizeOf partition index to the bytes of its log; may read directories, callable from any thread.
 */
public record LogDirectory(Path path, IntToLongFunction sizeOf) {}
