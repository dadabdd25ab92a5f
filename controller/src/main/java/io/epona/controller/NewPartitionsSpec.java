package io.epona.controller;

import java.util.List;

/**
 * A wish for more partitions.
 *
 * @param name the topic.
 * @param totalCount how many partitions it shall have afterwards.
 * @param assignments node ids of each new partition, or null to let the controller choose.
 */
public record NewPartitionsSpec(String name, int totalCount, List<List<Integer>> assignments) {}
