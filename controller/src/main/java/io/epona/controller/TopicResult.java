package io.epona.controller;

import org.apache.kafka.common.requests.ApiError;

/**
 * What became of one topic that was to be changed.
 *
 * @param name its name.
 * @param error {@link ApiError#NONE} when it was done; else why not.
 */
public record TopicResult(String name, ApiError error) {}
