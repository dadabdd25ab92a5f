package io.epona.controller;

import org.apache.kafka.common.Uuid;
import org.apache.kafka.common.requests.ApiError;

/**
 * What became of one topic that was to be removed.
 *
 * @param name its name; null when an unknown id was given.
 * @param topicId its id; {@link Uuid#ZERO_UUID} when an unknown name was given.
 * @param error {@link ApiError#NONE} when it is gone; else why not.
 */
public record DeleteTopicResult(String name, Uuid topicId, ApiError error) {}
