"""What the network makes of pictures: maps and answers for one, confusions for all."""
