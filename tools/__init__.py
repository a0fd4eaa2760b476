"""Programs that maintain this repository; nothing that is deployed imports them."""
